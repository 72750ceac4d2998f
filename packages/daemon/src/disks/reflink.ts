import { constants, copyFile } from 'node:fs/promises';
import { BangerError } from '../errors.ts';
import type { DiskBackend } from './port.ts';
import { rawFileBackend } from './raw-file.ts';

/** Clones that share blocks with the origin, FICLONE in ioctl_ficlone(2): same file system, any VMM. */
export function reflinkBackend(): DiskBackend {
  return rawFileBackend('reflink', async ({ originPath }, path) => {
    try {
      await copyFile(originPath, path, constants.COPYFILE_FICLONE_FORCE);
    } catch (error) {
      throw cannotShare(error) ? unshared(originPath, path, error) : error;
    }
  });
}

/** What ioctl_ficlone(2) and file systems without it answer. */
function cannotShare(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code !== undefined && ['ENOTSUP', 'EOPNOTSUPP', 'EXDEV', 'EINVAL', 'ENOTTY', 'ENOSYS'].includes(code);
}

function unshared(originPath: string, path: string, cause: unknown): BangerError {
  return new BangerError('prerequisite_missing', `${path} cannot share blocks with ${originPath}`, {
    remediation: 'Images and VMs must be on one file system that has reflinks (xfs, btrfs), or set `disk = "auto"`.',
    cause,
  });
}
