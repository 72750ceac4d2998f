import { z } from 'zod';

/** Signals that a client may send to a command, names without SIG: those of RFC 4254, section 6.10. */
export const guestSignals = [
  'ABRT',
  'ALRM',
  'FPE',
  'HUP',
  'ILL',
  'INT',
  'KILL',
  'PIPE',
  'QUIT',
  'SEGV',
  'TERM',
  'USR1',
  'USR2',
] as const;

const cells = z.int().min(1).max(10_000);

/** Payload of a `resize` frame. */
export const resizePayload = z.strictObject({ columns: cells, rows: cells });
/** Payload of a `signal` frame. */
export const signalPayload = z.strictObject({ signal: z.enum(guestSignals) });
