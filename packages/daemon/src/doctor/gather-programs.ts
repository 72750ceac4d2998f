import { access, constants, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import hostPrograms from '../host-programs.json' with { type: 'json' };
import type { MissingProgram } from './types.ts';

interface HostProgram {
  readonly name: string;
  /** Looked for on the search path. */
  readonly program?: string;
  /** Or at this very place. */
  readonly file?: string;
  readonly why: string;
}

/** Debian keeps what needs root here, and leaves it out of a user's PATH. */
const ROOT_DIRECTORIES = ['/usr/local/sbin', '/usr/sbin', '/sbin'];

/** What the host lacks of host-programs.json, the list that quickstart installs from too. */
export async function missingPrograms(searchPath: readonly string[]): Promise<readonly MissingProgram[]> {
  const directories = [...new Set([...searchPath, ...ROOT_DIRECTORIES])];
  const packages: readonly HostProgram[] = hostPrograms.packages;
  const found = await Promise.all(
    packages.map(({ program, file }) =>
      file === undefined
        ? anyAccessible(
            directories.map((directory) => join(directory, program ?? '')),
            constants.X_OK,
          )
        : anyAccessible([file], constants.R_OK),
    ),
  );
  return packages
    .filter((_each, index) => found[index] === false)
    .map(({ name, program, file, why }) => ({ name: program ?? file ?? name, package: name, why }));
}

async function anyAccessible(paths: readonly string[], mode: number): Promise<boolean> {
  for (const path of paths) {
    const accessible = await access(path, mode).then(
      () => true,
      () => false,
    );
    if (accessible) return true;
  }
  return false;
}

export async function readDistribution(): Promise<{ readonly name: string; readonly hasApt: boolean }> {
  return parseOsRelease(await readFile('/etc/os-release', 'utf8'));
}

/** Parses os-release(5). */
export function parseOsRelease(text: string): { readonly name: string; readonly hasApt: boolean } {
  const value = (key: string): string => new RegExp(`^${key}=["']?([^"'\n]*)["']?$`, 'm').exec(text)?.[1] ?? '';
  const kinds = [value('ID'), ...value('ID_LIKE').split(' ')];
  return {
    name: value('PRETTY_NAME') || value('NAME') || 'an unknown distribution',
    hasApt: kinds.some((kind) => hostPrograms.distributions.includes(kind)),
  };
}
