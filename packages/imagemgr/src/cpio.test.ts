import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { type CpioEntry, cpioArchive } from './cpio.ts';

const entries: readonly CpioEntry[] = [
  { type: 'directory', path: 'bin' },
  { type: 'directory', path: 'private', mode: 0o700 },
  { type: 'character-device', path: 'null', mode: 0o666, major: 1, minor: 3 },
  { type: 'file', path: 'bin/program', mode: 0o755, data: Buffer.from('12345') },
  { type: 'symlink', path: 'bin/sh', target: 'program' },
];

function present(program: string): boolean {
  try {
    execFileSync(program, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

describe('cpioArchive', () => {
  it('begins each member with a newc header and pads everything to four bytes', () => {
    const archive = cpioArchive(entries);
    expect(archive.length % 512).toBe(0);
    let offset = 0;
    const names: string[] = [];
    for (;;) {
      expect(archive.toString('latin1', offset, offset + 6)).toBe('070701');
      const field = (index: number) =>
        Number.parseInt(archive.toString('latin1', offset + 6 + index * 8, offset + 14 + index * 8), 16);
      const nameEnd = offset + 110 + field(11);
      const name = archive.toString('utf8', offset + 110, nameEnd - 1);
      names.push(name);
      if (name === 'TRAILER!!!') break;
      const dataStart = Math.ceil(nameEnd / 4) * 4;
      if (name === 'bin/program') {
        expect(field(1)).toBe(0o100755);
        expect(archive.toString('utf8', dataStart, dataStart + field(6))).toBe('12345');
      }
      if (name === 'null') expect([field(1), field(9), field(10)]).toEqual([0o020666, 1, 3]);
      if (name === 'private') expect([field(1), field(4)]).toEqual([0o040700, 2]);
      offset = Math.ceil((dataStart + field(6)) / 4) * 4;
    }
    expect(names).toEqual(['bin', 'private', 'null', 'bin/program', 'bin/sh', 'TRAILER!!!']);
  });

  it('gives the same bytes for the same entries', () => {
    expect(cpioArchive(entries).equals(cpioArchive(entries))).toBe(true);
  });

  it.skipIf(!present('cpio'))('is read by cpio', () => {
    const listing = execFileSync('cpio', ['-itv', '--quiet'], { input: cpioArchive(entries), encoding: 'utf8' });
    const lines = listing.trimEnd().split('\n');
    expect(lines.map((line) => line.slice(0, 10))).toEqual([
      'drwxr-xr-x',
      'drwx------',
      'crw-rw-rw-',
      '-rwxr-xr-x',
      'lrwxrwxrwx',
    ]);
    expect(lines[4]).toMatch(/bin\/sh -> program$/);
  });
});
