import { randomBytes } from 'node:crypto';
import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Removes an image's directory; fine when there is none. Moved first: what a crash leaves in the trash is garbage, what
 * it leaves in the old place is an image.
 */
export async function discard(directory: string, trashDir: string): Promise<void> {
  const trash = join(trashDir, randomBytes(8).toString('hex'));
  try {
    await rename(directory, trash);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  await rm(trash, { recursive: true, force: true });
}
