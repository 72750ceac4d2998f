import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const bin = join(import.meta.dirname, '../bin');

/** A stand-in for Node.js: shows which one it is, the compile cache, and its arguments, one a line. */
const FAKE_NODE = `#!/bin/sh\nprintf '%s\\n' "node=$0" "cache=$NODE_COMPILE_CACHE" "$@"\n`;

describe('the launchers', () => {
  let place: string;

  beforeEach(() => {
    place = realpathSync(mkdtempSync(join(tmpdir(), 'banger launch ')));
  });
  afterEach(() => {
    rmSync(place, { recursive: true, force: true });
  });

  const write = (path: string, text: string): string => {
    const file = join(place, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    chmodSync(file, 0o755);
    return file;
  };

  /** Lays out an installation: where the package is, and where its dependencies are. */
  function install(packagePath: string, modules: string): string {
    cpSync(bin, join(place, packagePath, 'bin'), { recursive: true });
    write(`${modules}/node/bin/node`, FAKE_NODE);
    write(`${modules}/@banger/cli/dist/main.js`, '');
    write(`${modules}/@banger/daemon/dist/main.js`, '');
    return join(place, packagePath, 'bin');
  }

  function run(program: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): readonly string[] {
    const output = execFileSync(program, args, {
      cwd: place,
      env: { PATH: process.env['PATH'], ...env },
      encoding: 'utf8',
    });
    return output.trimEnd().split('\n');
  }

  it.each([
    ['a checkout', 'packages/banger', 'packages/banger/node_modules'],
    ['a flat node_modules', 'node_modules/@banger/banger', 'node_modules'],
    ['a node_modules further up', 'a/b/node_modules/@banger/banger', 'node_modules'],
  ])('find Node.js and the program in %s', (_name, packagePath, modules) => {
    const installed = install(packagePath, modules);
    const [node, , program, ...args] = run(join(installed, 'banger'), ['vm', 'two words', '']);
    expect(realpathSync(node?.slice('node='.length) ?? '')).toBe(join(place, modules, 'node/bin/node'));
    expect(realpathSync(program ?? '')).toBe(join(place, modules, '@banger/cli/dist/main.js'));
    expect(args).toEqual(['vm', 'two words']);
    expect(realpathSync(run(join(installed, 'bangerd'), [])[2] ?? '')).toBe(
      join(place, modules, '@banger/daemon/dist/main.js'),
    );
  });

  it('follow symbolic links, also relative ones', () => {
    install('node_modules/@banger/banger', 'node_modules');
    mkdirSync(join(place, 'node_modules/.bin'));
    symlinkSync('../@banger/banger/bin/banger', join(place, 'node_modules/.bin/banger'));
    symlinkSync(join(place, 'node_modules/.bin/banger'), join(place, 'b'));
    expect(realpathSync(run(join(place, 'b'), [])[2] ?? '')).toBe(join(place, 'node_modules/@banger/cli/dist/main.js'));
  });

  it('are found on $PATH', () => {
    const installed = install('node_modules/@banger/banger', 'node_modules');
    const lines = run('banger', ['version'], { PATH: `${installed}:${process.env['PATH']}` });
    expect(lines.at(-1)).toBe('version');
  });

  it('keep compiled code where only the user can write', () => {
    const installed = install('node_modules/@banger/banger', 'node_modules');
    const cache = (env: NodeJS.ProcessEnv): string | undefined => run(join(installed, 'banger'), [], env)[1];
    const isRoot = process.getuid?.() === 0;
    expect(cache({ HOME: place })).toBe(isRoot ? 'cache=/var/cache/banger/node' : `cache=${place}/.cache/banger/node`);
    expect(cache({ HOME: '/nowhere' })).toBe(isRoot ? 'cache=/var/cache/banger/node' : 'cache=');
    expect(cache({ HOME: place, NODE_COMPILE_CACHE: '/elsewhere' })).toBe('cache=/elsewhere');
  });

  it('say what is missing', () => {
    const installed = install('node_modules/@banger/banger', 'node_modules');
    rmSync(join(place, 'node_modules/@banger/cli'), { recursive: true });
    const { status, stderr } = spawnSync(join(installed, 'banger'), { encoding: 'utf8' });
    expect(status).toBe(70);
    expect(stderr).toContain('@banger/cli/dist/main.js is missing');
  });
});
