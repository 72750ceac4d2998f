import type { Runner } from '@banger/system';
import type { DiskBackend } from './port.ts';
import { isThere, makeWhole, removeWhole } from './temporary.ts';

const TIMEOUT_MS = 30_000;

/** Overlays over a raw origin. The origin's path is in the overlay: images must not move. */
export function qcow2Backend(runner: Runner): DiskBackend {
  const locate: DiskBackend['locate'] = (basePath) => ({ path: `${basePath}.qcow2`, format: 'qcow2' });
  return {
    kind: 'qcow2',
    locate,
    async clone({ originPath, basePath, sizeBytes }, signal) {
      signal.throwIfAborted();
      const disk = locate(basePath);
      await makeWhole(disk.path, async (temporary) => {
        const argv = [
          'qemu-img',
          'create',
          '-q',
          '-f',
          'qcow2',
          '-F',
          'raw',
          '-b',
          originPath,
          temporary,
          String(sizeBytes),
        ] as const;
        await runner.run(argv, { signal, timeoutMs: TIMEOUT_MS });
      });
      return disk;
    },
    find: async ({ basePath }) => ((await isThere(locate(basePath).path)) ? locate(basePath) : undefined),
    remove: ({ basePath }) => removeWhole(locate(basePath).path),
  };
}
