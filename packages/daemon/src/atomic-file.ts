import { open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Writes a file so that a reader, also after a power cut, sees the old content or the new, never a part; it is on the
 * disk when this resolves. Mode 0600. What an earlier, interrupted call left beside it (`.new`) is replaced.
 */
export async function writeFileAtomic(path: string, content: string | Uint8Array): Promise<void> {
  const temporary = `${path}.new`;
  await rm(temporary, { force: true });
  try {
    await using file = await open(temporary, 'wx', 0o600);
    await file.writeFile(content);
    await file.datasync();
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await rename(temporary, path);
  await syncPath(dirname(path));
}

/** Brings a file's content, or a directory's names, to the disk: fsync(2). */
export async function syncPath(path: string): Promise<void> {
  await using handle = await open(path, 'r');
  await handle.sync();
}
