import { rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { syncPath } from '../atomic-file.ts';
import { diskFull } from './space.ts';

/**
 * Makes a file under a temporary name and moves it to its place when it is whole and on the disk: also after a power
 * cut there is the whole file or none. On failure or abort nothing is left.
 */
export async function makeWhole(
  path: string,
  signal: AbortSignal,
  make: (temporary: string) => Promise<void>,
): Promise<void> {
  const temporary = temporaryOf(path);
  try {
    await rm(temporary, { force: true });
    await make(temporary);
    await syncPath(temporary);
    signal.throwIfAborted();
    await rename(temporary, path);
    await syncPath(dirname(path));
  } catch (error) {
    await rm(temporary, { force: true });
    throw isFull(error) ? diskFull(path, {}, error) : error;
  }
}

export async function removeWhole(path: string): Promise<void> {
  await rm(temporaryOf(path), { force: true });
  await rm(path, { force: true });
}

export async function isThere(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}

function temporaryOf(path: string): string {
  return `${path}.new`;
}

function isFull(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOSPC' || code === 'EDQUOT';
}
