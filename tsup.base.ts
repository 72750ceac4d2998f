import { readFileSync } from 'node:fs';
import type { Options } from 'tsup';

interface Manifest {
  exports?: Record<string, { source?: string } | string>;
}

/**
 * The build of a package: one entry per `source` in the exports map of its package.json, and the programs named here.
 * Declarations come from `tsc -p tsconfig.build.json`, which runs after it.
 */
export function build(programs: readonly string[] = [], options: Options = {}): Options {
  const { exports = {} } = JSON.parse(readFileSync('package.json', 'utf8')) as Manifest;
  const sources = Object.values(exports).flatMap((target) => (typeof target === 'object' ? (target.source ?? []) : []));
  return {
    entry: [...sources, ...programs],
    format: 'esm',
    platform: 'node',
    target: 'node24',
    sourcemap: true,
    clean: true,
    silent: true,
    ...options,
  };
}
