import { describe, expect, it } from 'vitest';
import { findViolations } from './check-imports.ts';
import { importRules } from './import-rules.ts';
import { parseFile } from './parse-imports.ts';

const packages = new Map(
  Object.keys(importRules.packages).map((name) => [name, { sources: { '.': `packages/${name}/src/index.ts` } }]),
);

/** The rules that a tree of `path -> source` breaks. */
function broken(sources: Record<string, string>): readonly string[] {
  const files = new Map(Object.entries(sources).map(([path, source]) => [path, parseFile(path, source)]));
  return findViolations({ files, packages }, importRules).map(({ rule, line }) => `${rule}:${line}`);
}

const daemon = (path: string, source: string): Record<string, string> => ({ [`packages/daemon/src/${path}`]: source });
const LOCAL_MUTEX = "import { Mutex } from './mutex.ts'; export const lock = new Mutex();";

describe('import rules', () => {
  it.each<[string, Record<string, string>, readonly string[]]>([
    [
      'a package outside the table',
      { 'packages/cli/src/a.ts': "import { x } from '@banger/system';" },
      ['package-table:1'],
    ],
    ['even its types', { 'packages/cli/src/a.ts': "import type { X } from '@banger/daemon';" }, ['package-table:1']],
    [
      'a value where only types are allowed',
      { 'packages/fcproc/src/a.ts': "import { x } from '@banger/system';" },
      ['package-table:1'],
    ],
    [
      'a package that nobody listed',
      { 'packages/new/src/a.ts': "import { x } from '@banger/system';" },
      ['package-table:1'],
    ],
    ['testkit outside tests', { 'packages/cli/src/a.ts': "import { x } from '@banger/testkit';" }, ['package-table:1']],
    ['a dynamic import', { 'packages/cli/src/a.ts': "\nawait import('@banger/system');" }, ['package-table:2']],
    [
      'a type import in an expression',
      { 'packages/cli/src/a.ts': "type X = import('@banger/system').X;" },
      ['package-table:1'],
    ],
    ['a re-export', { 'packages/cli/src/a.ts': "export * from '@banger/system';" }, ['package-table:1']],
    [
      'an entry that does not exist',
      { 'packages/cli/src/a.ts': "import '@banger/api-types/nope';" },
      ['unknown-package:1'],
    ],
    [
      'a path into another package',
      { 'packages/cli/src/a.ts': "import { x } from '../../api-types/src/x.ts';" },
      ['package-border:1'],
    ],
    ['another room', daemon('vms/a.ts', "import { x } from '../store/x.ts';"), ['rooms:1']],
    [
      'the types of an inner file of another room',
      daemon('vms/a.ts', "import type { X } from '../store/x.ts';"),
      ['rooms:1'],
    ],
    [
      'the interface of another room as a value',
      daemon('vms/a.ts', "import { X } from '../store/port.ts';"),
      ['rooms:1'],
    ],
    ['a room from a file that is not compose.ts', daemon('paths.ts', "import { x } from './store/x.ts';"), ['rooms:1']],
    ['compose.ts from a room', daemon('vms/a.ts', "import { x } from '../compose.ts';"), ['rooms:1']],
    ['a folder that is no room', daemon('utils/a.ts', "import { x } from '../paths.ts';"), ['rooms:1']],
    ['SQLite outside the store', daemon('vms/a.ts', "import Database from 'better-sqlite3';"), ['restricted-module:1']],
    ['SQLite in a test', daemon('vms/a.test.ts', "import Database from 'better-sqlite3';"), ['restricted-module:1']],
    ['ssh2 outside guest/', daemon('vms/a.ts', "import { Client } from 'ssh2';"), ['restricted-module:1']],
    [
      'child_process outside system',
      daemon('vms/a.ts', "import { spawn } from 'node:child_process';"),
      ['restricted-module:1'],
    ],
    ['a mutex outside locks/', daemon('vms/a.ts', 'export const lock = new Mutex();'), ['restricted-construct:1']],
    [
      'the environment outside main.ts',
      daemon('vms/a.ts', 'export const a = process.env.HOME;'),
      ['restricted-construct:1'],
    ],
    ['the environment by index', daemon('vms/a.ts', "export const a = process['env'];"), ['restricted-construct:1']],
    [
      'the environment by destructuring',
      daemon('vms/a.ts', 'export const { env } = process;'),
      ['restricted-construct:1'],
    ],
    [
      'a cycle',
      { ...daemon('vms/a.ts', "import { b } from './b.ts';"), ...daemon('vms/b.ts', "\nexport { a } from './a.ts';") },
      ['cycle:2'],
    ],
    [
      'a cycle through packages',
      {
        'packages/cli/src/index.ts': "import { b } from '@banger/api-types';",
        'packages/api-types/src/index.ts': "import { b } from '@banger/cli';",
      },
      ['package-table:1', 'cycle:1'],
    ],
    [
      'zod loaded when the CLI starts',
      {
        'packages/cli/src/main.ts': "import { a } from '@banger/api-types';",
        'packages/api-types/src/index.ts': "import { z } from 'zod';",
      },
      ['light-start:1'],
    ],
  ])('refuses %s', (_name, sources, expected) => {
    expect(broken(sources).toSorted()).toEqual(expected.toSorted());
  });

  it.each<[string, Record<string, string>]>([
    ['types where the table says so', { 'packages/fcproc/src/a.ts': "import type { X } from '@banger/system';" }],
    ['type names in braces', { 'packages/fcproc/src/a.ts': "import { type X } from '@banger/system';" }],
    ['the real thing in a test', { 'packages/fcproc/src/a.test.ts': "import { x } from '@banger/system';" }],
    ['testkit in a test', { 'packages/cli/src/a.test.ts': "import { x } from '@banger/testkit';" }],
    ['the types of a room interface', daemon('vms/a.ts', "import type { X } from '../store/port.ts';")],
    ['a room in its own files', daemon('vms/deep/a.ts', "import { x } from '../b.ts';")],
    ['shared files', daemon('vms/a.ts', "import { x } from '../paths.ts';")],
    [
      'every room in compose.ts',
      daemon('compose.ts', "import { x } from './store/x.ts'; import { y } from './vms/y.ts';"),
    ],
    ['a mutex in locks/', daemon('locks/a.ts', LOCAL_MUTEX)],
    ['the environment in main.ts', daemon('main.ts', 'export const a = process.env;')],
    ['SQLite in the store', daemon('store/a.ts', "import Database from 'better-sqlite3';")],
    [
      'a circle of types',
      {
        ...daemon('vms/a.ts', "import type { b } from './b.ts';"),
        ...daemon('vms/b.ts', "import { a } from './a.ts';"),
      },
    ],
    [
      'zod loaded when first needed',
      {
        'packages/cli/src/main.ts': "await import('@banger/api-types');",
        'packages/api-types/src/index.ts': "import { z } from 'zod';",
      },
    ],
  ])('allows %s', (_name, sources) => {
    expect(broken(sources)).toEqual([]);
  });

  it('refuses a file that does not parse', () => {
    expect(() => parseFile('a.ts', 'const = 1;')).toThrow('a.ts');
  });
});
