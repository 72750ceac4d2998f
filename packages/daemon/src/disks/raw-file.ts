import { chmod, truncate } from 'node:fs/promises';
import { checkSize } from './origin.ts';
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
      await checkSize(spec.originPath, spec.sizeBytes);
      await makeWhole(disk.path, signal, async (temporary) => {
        await fill(spec, temporary, signal);
        await chmod(temporary, 0o600); // the origin's mode came along, and that is read-only
        await truncate(temporary, spec.sizeBytes);
      });
      return disk;
    },
    find: async ({ basePath }) => ((await isThere(locate(basePath).path)) ? locate(basePath) : undefined),
    remove: ({ basePath }) => removeWhole(locate(basePath).path),
  };
}
