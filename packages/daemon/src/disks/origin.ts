import { stat } from 'node:fs/promises';
import { BangerError } from '../errors.ts';

/**
 * A clone may be larger than its origin, never smaller: that would cut a file system.
 * @throws BangerError invalid_params
 */
export async function checkSize(originPath: string, sizeBytes: number): Promise<void> {
  const { size } = await stat(originPath);
  if (sizeBytes >= size) return;
  throw new BangerError('invalid_params', `a disk of ${sizeBytes} bytes is smaller than its image of ${size} bytes`, {
    remediation: `Ask for a disk of at least ${Math.ceil(size / 2 ** 20)} MiB.`,
  });
}
