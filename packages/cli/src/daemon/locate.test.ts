import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { FakeIo } from '../../test/fake-io.ts';
import type { DaemonProgram } from './locate.ts';
import { locateDaemon } from './locate.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'banger-locate-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function file(path: string): string {
  const whole = join(folder, path);
  mkdirSync(dirname(whole), { recursive: true });
  writeFileSync(whole, '');
  chmodSync(whole, 0o755);
  return whole;
}

function locate(programPath: string, environment: Record<string, string> = {}, told?: string): DaemonProgram {
  const io = Object.assign(new FakeIo({ environment }), { programPath });
  return locateDaemon({ io }, told);
}

test('in node_modules, by the path that the launcher used, and by the real one', () => {
  const cli = file('store/cli@1/node_modules/@banger/cli/dist/main.js');
  const daemon = file('store/daemon@1/node_modules/@banger/daemon/dist/main.js');
  const links = join(folder, 'banger/node_modules/@banger');
  mkdirSync(links, { recursive: true });
  symlinkSync(join(folder, 'store/cli@1/node_modules/@banger/cli'), join(links, 'cli'));
  expect(() => locate(join(links, 'cli/dist/main.js'))).toThrow('not found');
  symlinkSync(join(folder, 'store/daemon@1/node_modules/@banger/daemon'), join(links, 'daemon'));
  const found = locate(join(links, 'cli/dist/main.js'));
  expect(found).toEqual({ file: process.execPath, argv: [join(links, 'daemon/dist/main.js')] });
  symlinkSync(dirname(dirname(daemon)), join(dirname(dirname(dirname(cli))), 'daemon'));
  rmSync(join(links, 'daemon'));
  expect(locate(join(links, 'cli/dist/main.js')).argv).toEqual([
    join(folder, 'store/cli@1/node_modules/@banger/daemon/dist/main.js'),
  ]);
});

test('in a checkout, from source', () => {
  const daemon = file('packages/daemon/src/main.ts');
  const found = locate(file('packages/cli/src/main.ts'));
  expect(found).toEqual({ file: process.execPath, argv: ['--conditions=source', daemon] });
});

test('on $PATH, where it can be run', () => {
  const program = file('bin/bangerd');
  chmodSync(file('other/bangerd'), 0o644);
  const environment = { PATH: `${join(folder, 'other')}:${join(folder, 'bin')}` };
  expect(locate('/nowhere/cli/dist/main.js', environment)).toEqual({ file: program, argv: [] });
});

test('what is said goes first, and is not guessed around when it is wrong', () => {
  const beside = file('packages/cli/dist/main.js');
  file('packages/daemon/dist/main.js');
  const [one, other] = [file('one'), file('other.mjs')];
  expect(locate(beside, { BANGER_BANGERD: one })).toEqual({ file: one, argv: [] });
  expect(locate(beside, { BANGER_BANGERD: one }, other)).toEqual({ file: process.execPath, argv: [other] });
  expect(() => locate(beside, { BANGER_BANGERD: join(folder, 'none') })).toThrow('bangerd is not at');
});
