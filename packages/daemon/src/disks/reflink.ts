import { constants, copyFile } from 'node:fs/promises';
import type { DiskBackend } from './port.ts';
import { rawFileBackend } from './raw-file.ts';

/** Clones that share blocks with the origin, FICLONE in ioctl_ficlone(2): same file system, any VMM. */
export function reflinkBackend(): DiskBackend {
  return rawFileBackend('reflink', ({ originPath }, path) =>
    copyFile(originPath, path, constants.COPYFILE_FICLONE_FORCE),
  );
}
