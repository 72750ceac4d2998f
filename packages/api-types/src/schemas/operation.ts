import { z } from 'zod';
import { operationId, timestamp } from './common.ts';

export const operationState = z.enum(['running', 'succeeded', 'failed', 'cancelled']);

/** One named stage of an operation and how long it took. */
export const stage = z.object({
  name: z.string(),
  state: z.enum(['pending', 'running', 'done', 'failed', 'undone']),
  /** What it is doing now, for people. */
  message: z.string().nullable(),
  /** 0 to 1 where known. */
  fraction: z.number().min(0).max(1).nullable(),
  durationMs: z.number().nonnegative().nullable(),
});

export const wireError = z.object({
  code: z.string(),
  message: z.string(),
  remediation: z.string().optional(),
  details: z.record(z.string(), z.unknown()).optional(),
});

export const operation = z.object({
  id: operationId,
  /** For example `vm.create`. */
  kind: z.string(),
  /** Id of the VM or image it works on, once known. */
  subject: z.string().nullable(),
  state: operationState,
  /** Grows with each change; give it to `op.status` to wait for the next one. */
  version: z.int().nonnegative(),
  stages: z.array(stage),
  /** Set when it ended with `failed` or `cancelled`. */
  error: wireError.nullable(),
  startedAt: timestamp,
  endedAt: timestamp.nullable(),
});

/** What every call that begins an operation answers. */
export const begun = z.object({ operation });
