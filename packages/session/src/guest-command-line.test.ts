import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runLine, shells } from '../test/shells.ts';
import { guestCommandLine, WORKDIR_EXIT_STATUS } from './guest-command-line.ts';

const text = fc.oneof(
  fc.string({ unit: fc.constantFrom(...`'"\\$\`!*?~=- \n`.split('')), maxLength: 10 }),
  fc.string({ unit: 'binary', maxLength: 10 }).map((value) => value.replaceAll('\0', '').toWellFormed()),
);
const environmentName = text.filter((name) => name !== '' && !name.includes('='));

let directory = '';
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'banger-session-'));
});
afterAll(() => rmSync(directory, { recursive: true }));

describe.each(shells.map((shell) => ({ shell, name: shell.join(' ') })))('guestCommandLine in $name', ({ shell }) => {
  it('gives arguments and environment as they are', () => {
    fc.assert(
      fc.property(
        fc.array(text, { maxLength: 5 }),
        fc.dictionary(environmentName, text, { maxKeys: 5 }),
        (args, env) => {
          // perl shows both without interpreting either
          const argv = [
            'perl',
            '-e',
            'print map { "$_\\0" } @ARGV, map { "$_=$ENV{$_}" } sort keys %ENV',
            '--',
            ...args,
          ];
          const { stdout, status } = runLine(shell, guestCommandLine({ argv, env }));
          const shown = stdout.split('\0').slice(0, -1);
          expect(status).toBe(0);
          expect(shown.slice(0, args.length)).toEqual(args);
          expect(shown).toEqual(expect.arrayContaining(Object.entries(env).map(([name, value]) => `${name}=${value}`)));
        },
      ),
      { seed: 4, numRuns: 40 },
    );
  });

  it('enters any directory', () => {
    fc.assert(
      fc.property(
        text.filter((name) => name !== '' && name !== '.' && name !== '..' && !name.includes('/')),
        (name) => {
          const workdir = join(directory, `d${name}`);
          mkdirSync(workdir, { recursive: true });
          expect(runLine(shell, guestCommandLine({ argv: ['pwd'], workdir })).stdout).toBe(`${workdir}\n`);
        },
      ),
      { seed: 5, numRuns: 20 },
    );
  });

  it('says so when the working directory is missing', () => {
    const workdir = join(directory, "not'there");
    const result = runLine(shell, guestCommandLine({ argv: ['echo', 'ran'], workdir }));
    expect(result).toMatchObject({ status: WORKDIR_EXIT_STATUS, stdout: '' });
    expect(result.stderr).toBe(
      `cannot enter the working directory ${workdir}: it does not exist in the guest, or is no directory\n`,
    );
  });

  it('becomes the program: its status, its signal, its pid', () => {
    const script = (body: string) => guestCommandLine({ argv: ['sh', '-c', body], env: { A: '1' }, workdir: '/' });
    expect(runLine(shell, script('exit 42')).status).toBe(42);
    expect(runLine(shell, script('kill -TERM $$')).signal).toBe('SIGTERM');
    const pids = runLine(shell, `echo $$; ${script('echo $$')}`)
      .stdout.trim()
      .split('\n');
    expect(pids[0]).toBe(pids[1]);
  });

  it('is 127 for a missing program, and never a builtin of the shell', () => {
    expect(runLine(shell, guestCommandLine({ argv: ['banger-no-such-program'] })).status).toBe(127);
    expect(runLine(shell, guestCommandLine({ argv: ['banger-no-such-program'], env: { A: '1' } })).status).toBe(127);
    expect(runLine(shell, guestCommandLine({ argv: ['eval', 'echo ran'] })).stdout).toBe('');
  });

  it.each(['-program', 'a=b', '-a=b', 'with space', "it's"])('runs a program named %s', (name) => {
    writeFileSync(join(directory, name), '#!/bin/sh\necho "ran $A $1"\n', { mode: 0o755 });
    const argv = [name, '$x'];
    const env = { PATH: `${directory}:${process.env['PATH']}`, A: '1' };
    expect(runLine(shell, guestCommandLine({ argv, env })).stdout).toBe('ran 1 $x\n');
  });
});

describe('guestCommandLine', () => {
  it('stays readable', () => {
    expect(guestCommandLine({ argv: ['uname', '-a'] })).toBe("exec uname '-a'");
    expect(guestCommandLine({ argv: ['ls'], env: { LANG: 'C' } })).toBe("exec env '--' 'LANG=C' ls");
  });

  it('refuses what no guest could run', () => {
    expect(() => guestCommandLine({ argv: [] })).toThrow('at least a program');
    expect(() => guestCommandLine({ argv: ['a\0'] })).toThrow('NUL');
    expect(() => guestCommandLine({ argv: ['a'], workdir: 'relative' })).toThrow('absolute');
    expect(() => guestCommandLine({ argv: ['a'], env: { 'A=B': '' } })).toThrow('not a name');
    expect(() => guestCommandLine({ argv: ['a'], env: { '': '' } })).toThrow('not a name');
  });
});
