import { open } from 'node:fs/promises';
import { checkSize } from './origin.ts';
import type { DiskBackend } from './port.ts';
import { qcow2Overlay } from './qcow2-header.ts';
import { isThere, makeWhole, removeWhole } from './temporary.ts';

/** Overlays over a raw origin. The origin's path is in the overlay: images must not move. */
export function qcow2Backend(): DiskBackend {
  const locate: DiskBackend['locate'] = (basePath) => ({ path: `${basePath}.qcow2`, format: 'qcow2' });
  return {
    kind: 'qcow2',
    locate,
    async clone({ originPath, basePath, sizeBytes }, signal) {
      signal.throwIfAborted();
      const disk = locate(basePath);
      await checkSize(originPath, sizeBytes);
      const { extents, fileBytes } = qcow2Overlay(originPath, sizeBytes);
      await makeWhole(disk.path, signal, async (temporary) => {
        await using file = await open(temporary, 'wx', 0o600);
        await file.truncate(fileBytes);
        for (const { offset, bytes } of extents) await file.write(bytes, 0, bytes.length, offset);
      });
      return disk;
    },
    find: async ({ basePath }) => ((await isThere(locate(basePath).path)) ? locate(basePath) : undefined),
    remove: ({ basePath }) => removeWhole(locate(basePath).path),
  };
}
