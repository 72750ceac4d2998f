import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { createRunner } from '@banger/system';
import { diskContract } from './contract.ts';
import type { Disk } from './port.ts';
import { qcow2Backend } from './qcow2.ts';
import { sparseCopyBackend } from './sparse-copy.ts';

const runner = createRunner({ env: { PATH: '/usr/bin:/bin' } });

// The integration test has qemu-img read overlays, and a file system for reflinks.
diskContract('copy', () =>
  Promise.resolve({ backend: sparseCopyBackend(runner), parent: tmpdir(), contentOf: ({ path }) => readFile(path) }),
);

diskContract('qcow2', () =>
  Promise.resolve({ backend: qcow2Backend(), parent: tmpdir(), contentOf: contentOfEmptyOverlay }),
);

/** An overlay in which nothing was written: its origin, then zeros. */
async function contentOfEmptyOverlay({ path }: Disk): Promise<Buffer> {
  const overlay = await readFile(path);
  const nameOffset = Number(overlay.readBigUInt64BE(8));
  const name = overlay.subarray(nameOffset, nameOffset + overlay.readUInt32BE(16)).toString();
  const l1Offset = Number(overlay.readBigUInt64BE(40));
  if (overlay.subarray(l1Offset).some((byte) => byte !== 0)) throw new Error('something was written to it');
  const origin = await readFile(name);
  return Buffer.concat([origin, Buffer.alloc(Number(overlay.readBigUInt64BE(24)) - origin.length)]);
}
