import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { writeFileAtomic } from './atomic-file.ts';

let directory: string;
let path: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'banger-atomic-'));
  path = join(directory, 'file');
});
afterEach(() => rmSync(directory, { recursive: true }));

it('makes a file that only its owner reads, and replaces it', async () => {
  await writeFileAtomic(path, 'first');
  expect(statSync(path).mode & 0o777).toBe(0o600);
  const { ino } = statSync(path);
  await writeFileAtomic(path, new TextEncoder().encode('second'));
  expect(readFileSync(path, 'utf8')).toBe('second');
  // Another file: who has the first one open reads on in it.
  expect(statSync(path).ino).not.toBe(ino);
  expect(readdirSync(directory)).toEqual(['file']);
});

it('replaces what a crash left, whatever its mode', async () => {
  writeFileSync(`${path}.new`, 'half of something longer', { mode: 0o644 });
  await writeFileAtomic(path, 'new');
  expect(readFileSync(path, 'utf8')).toBe('new');
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(readdirSync(directory)).toEqual(['file']);
});

it('leaves the old content and nothing else when it fails', async () => {
  await writeFileAtomic(path, 'old');
  await expect(writeFileAtomic(path, { not: 'text' } as never)).rejects.toThrow();
  expect(readFileSync(path, 'utf8')).toBe('old');
  expect(readdirSync(directory)).toEqual(['file']);
});
