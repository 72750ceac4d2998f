import { z } from 'zod';

export const handshakeParams = z.object({ protocol: z.int(), client: z.string().max(200) });
export const handshakeResult = z.object({ protocol: z.int(), daemon: z.string(), instance: z.string() });

export const daemonStatus = z.object({
  version: z.string(),
  instance: z.string(),
  pid: z.int(),
  uptimeMs: z.number(),
  state: z.enum(['recovering', 'ready', 'closing']),
  socket: z.string(),
  stateDir: z.string(),
  vms: z.object({ total: z.int(), running: z.int() }),
  operations: z.int(),
  memoryBytes: z.int(),
  vmm: z.string(),
  accelerator: z.string(),
  disk: z.string(),
});

export const doctorFinding = z.object({
  /** Stable identifier, for example `kvm`. */
  check: z.string(),
  level: z.enum(['ok', 'note', 'warning', 'error']),
  message: z.string(),
  remediation: z.string().nullable(),
});
export const doctorReport = z.object({ ok: z.boolean(), findings: z.array(doctorFinding) });
