import { statfs } from 'node:fs/promises';
import { BangerError } from '../errors.ts';

/** @throws BangerError disk_full when the directory's file system has less free than this. */
export async function requireSpace(directory: string, neededBytes: number, cause?: unknown): Promise<void> {
  const { bavail, bsize } = await statfs(directory);
  const freeBytes = bavail * bsize;
  if (freeBytes < neededBytes) throw diskFull(directory, { neededBytes, freeBytes }, cause);
}

export function diskFull(path: string, details: Readonly<Record<string, number>>, cause?: unknown): BangerError {
  return new BangerError('disk_full', `there is no room left for ${path}`, {
    remediation:
      'Free space in the state directory (`banger image list` and `banger vm list` show what takes it), and try again.',
    details,
    ...(cause !== undefined && { cause }),
  });
}
