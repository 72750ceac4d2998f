import { statfs } from 'node:fs/promises';
import { ImageError } from './errors.ts';

const MIB = 1024 * 1024;

/**
 * Refuses to begin what cannot end well.
 * @throws ImageError `disk_full`
 */
export async function requireFreeSpace(directory: string, neededBytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(directory);
  const freeBytes = bavail * bsize;
  if (freeBytes >= neededBytes) return;
  const [needed, free] = [Math.ceil(neededBytes / MIB), Math.floor(freeBytes / MIB)];
  throw new ImageError('disk_full', `${directory} has ${free} MiB free, ${needed} MiB are needed`, {
    remediation: 'Free some space there, or delete images and VMs that are not needed.',
    details: { directory, freeBytes, neededBytes },
  });
}
