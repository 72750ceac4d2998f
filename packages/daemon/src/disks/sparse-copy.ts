import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Runner } from '@banger/system';
import type { DiskBackend } from './port.ts';
import { rawFileBackend } from './raw-file.ts';
import { requireSpace } from './space.ts';

/** Whole copies without the holes. Slow, and it takes the image's space each time; works everywhere. */
export function sparseCopyBackend(runner: Runner): DiskBackend {
  return rawFileBackend('copy', async ({ originPath }, path, signal) => {
    const bytes = await allocated(originPath);
    await requireSpace(dirname(path), bytes);
    try {
      await runner.run(['cp', '--sparse=always', '--', originPath, path], { signal });
    } catch (error) {
      // cp tells the cause in words only; that the space is gone can be seen.
      const done = await allocated(path).catch(() => 0);
      await requireSpace(dirname(path), bytes - done, error);
      throw error;
    }
  });
}

async function allocated(path: string): Promise<number> {
  return (await stat(path)).blocks * 512;
}
