import { rename, rm, stat } from 'node:fs/promises';
import { BangerError } from '../errors.ts';

/** Makes a file under a temporary name and moves it to its place when it is whole; on failure nothing is left. */
export async function makeWhole(path: string, make: (temporary: string) => Promise<void>): Promise<void> {
  const temporary = temporaryOf(path);
  try {
    await rm(temporary, { force: true });
    await make(temporary);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw isFull(error) ? diskFull(path, error) : error;
  }
}

export async function removeWhole(path: string): Promise<void> {
  await rm(temporaryOf(path), { force: true });
  await rm(path, { force: true });
}

export async function isThere(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined;
}

function temporaryOf(path: string): string {
  return `${path}.new`;
}

function isFull(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOSPC' || code === 'EDQUOT';
}

function diskFull(path: string, cause: unknown): BangerError {
  return new BangerError('disk_full', `there is no room left for ${path}`, {
    remediation:
      'Free space in the state directory (`banger image list` and `banger vm list` show what takes it), and try again.',
    cause,
  });
}
