import { z } from 'zod';
import { bytes, idempotencyKey, imageRef, timestamp, vmId, vmName, vmRef } from './common.ts';
import { stage } from './operation.ts';

export const vmState = z.enum(['creating', 'stopped', 'starting', 'running', 'stopping', 'deleting']);

/** A row of `vm.list`: small on purpose, a list of 1,000 must stay quick. */
export const vmSummary = z.object({
  id: vmId,
  name: vmName,
  state: vmState,
  image: z.string(),
  vcpus: z.int(),
  memoryMib: z.int(),
  guestIp: z.ipv4(),
  createdAt: timestamp,
});

export const vm = vmSummary.extend({
  /** Why it is in this state, where there is more to say (for example how the VMM ended). */
  stateReason: z.string().nullable(),
  imageId: z.string(),
  diskBytes: bytes,
  workDiskBytes: bytes,
  mac: z.string(),
  tap: z.string(),
  vmm: z.string(),
  accelerator: z.string(),
  disk: z.string(),
  pid: z.int().nullable(),
  directory: z.string(),
  startedAt: timestamp.nullable(),
  stoppedAt: timestamp.nullable(),
  /** Stages of the last create or start with their times. */
  boot: z.array(stage),
});

export const createParams = z.strictObject({
  image: imageRef,
  name: vmName.optional(),
  vcpus: z.int().min(1).max(64).optional(),
  memoryMib: z.int().min(128).max(1_048_576).optional(),
  /** Size of the root file system; never below the image's own. */
  diskBytes: bytes.min(64 * 2 ** 20).optional(),
  /** Size of the work disk, mounted at /root. */
  workDiskBytes: bytes.min(64 * 2 ** 20).optional(),
  idempotencyKey: idempotencyKey.optional(),
});

export const refParams = z.strictObject({ vm: vmRef });
export const changeParams = refParams.extend({ idempotencyKey: idempotencyKey.optional() });
export const stopParams = changeParams.extend({
  /** How long the guest may take to shut down before the VMM is killed. */
  graceMs: z.int().min(0).max(600_000).optional(),
});

/** Linux ends a text of a command at its first NUL; a single one may have 128 KiB. */
const commandText = z
  .string()
  .max(131_072)
  .refine((text) => !text.includes('\0'), 'a command cannot have a NUL character');

export const execParams = z.strictObject({
  vm: vmRef,
  argv: z.array(commandText).min(1).max(4096),
  env: z.record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'use letters, digits and _'), commandText).optional(),
  /** Absolute path in the guest; /root unless told. */
  workdir: commandText.startsWith('/').max(4096).optional(),
  tty: z
    .strictObject({
      term: z
        .string()
        .regex(/^[A-Za-z0-9][A-Za-z0-9._+-]{0,63}$/, 'the name of a terminal, for example xterm-256color'),
      columns: z.int().min(1).max(10_000),
      rows: z.int().min(1).max(10_000),
    })
    .optional(),
});
