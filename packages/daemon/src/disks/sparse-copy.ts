import type { Runner } from '@banger/system';
import type { DiskBackend } from './port.ts';
import { rawFileBackend } from './raw-file.ts';

/** Whole copies without the holes. Slow, and it takes the image's space each time; works everywhere. */
export function sparseCopyBackend(runner: Runner): DiskBackend {
  return rawFileBackend('copy', async ({ originPath }, path, signal) => {
    await runner.run(['cp', '--sparse=always', '--', originPath, path], { signal });
  });
}
