import { truncate } from 'node:fs/promises';
import type { CloneSpec, DiskBackend } from './port.ts';
import { isThere, makeWhole, removeWhole } from './temporary.ts';

/** A backend whose clones are raw files; how the content gets there is all that differs. */
export function rawFileBackend(
  kind: string,
  fill: (spec: CloneSpec, path: string, signal: AbortSignal) => Promise<void>,
): DiskBackend {
  const locate: DiskBackend['locate'] = (basePath) => ({ path: `${basePath}.raw`, format: 'raw' });
  return {
    kind,
    locate,
    async clone(spec, signal) {
      signal.throwIfAborted();
      const disk = locate(spec.basePath);
      await makeWhole(disk.path, async (temporary) => {
        await fill(spec, temporary, signal);
        await truncate(temporary, spec.sizeBytes);
      });
      return disk;
    },
    find: async ({ basePath }) => ((await isThere(locate(basePath).path)) ? locate(basePath) : undefined),
    remove: ({ basePath }) => removeWhole(locate(basePath).path),
  };
}
