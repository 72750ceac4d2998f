import { z } from 'zod';
import { bytes, idempotencyKey, imageRef, timestamp } from './common.ts';

export const image = z.object({
  /** First 16 hex digits of the digest. */
  id: z.string(),
  /** Canonical name, for example `debian:13`. */
  name: z.string(),
  /** `sha256:` + 64 hex digits of the root file system. */
  digest: z.string(),
  /** Virtual size of the root file system. */
  sizeBytes: bytes,
  /** What it takes on disk. */
  storedBytes: bytes,
  kernelVersion: z.string(),
  createdAt: timestamp,
  /** Names of the VMs that use it. */
  usedBy: z.array(z.string()),
});

export const catalogEntry = z.object({
  name: z.string(),
  aliases: z.array(z.string()),
  kind: z.enum(['debian']),
  description: z.string(),
  /** Id of the local image made from it, if there is one. */
  imageId: z.string().nullable(),
});

export const imageList = z.object({ images: z.array(image), catalog: z.array(catalogEntry) });
export const imageRefParams = z.strictObject({ image: imageRef });
export const imageChangeParams = imageRefParams.extend({ idempotencyKey: idempotencyKey.optional() });
