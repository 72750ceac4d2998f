import { z } from 'zod';

/** 16 lower-case hex digits. */
export const vmId = z.string().regex(/^[0-9a-f]{16}$/, 'expected 16 lower-case hex digits');
/** RFC 1123 label: it becomes the guest's host name. */
export const vmName = z
  .string()
  .regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, 'use 1 to 63 lower-case letters, digits and inner hyphens');
/** A VM's name, id, or a unique prefix of either. */
export const vmRef = z.string().min(1).max(63);
/** Catalog name such as `debian` or `debian:12`, a local image's name, id, or a unique prefix of its id. */
export const imageRef = z.string().min(1).max(255);
export const operationId = z.string().regex(/^[0-9a-f]{16}$/, 'expected 16 lower-case hex digits');
/** Chosen by the client; the daemon keeps it for 24 hours. */
export const idempotencyKey = z.string().min(8).max(128);
/** RFC 3339, UTC, milliseconds. */
export const timestamp = z.iso.datetime();
export const bytes = z.int().nonnegative();
export const ticket = z.object({
  /** Single use, 256 bits, base64url. */
  ticket: z.string(),
  expiresInMs: z.int().positive(),
});
