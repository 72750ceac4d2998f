import type { WireError } from '@banger/api-types';
import { BangerError } from '../errors.ts';
import type { RecordedError, RecordedOperation } from './types.ts';

/** The error of an operation whose undo left something; it carries the one that made the undo necessary. */
export function undoIncomplete(error: RecordedError, left: readonly string[]): RecordedError {
  return {
    code: 'undo_incomplete',
    message: `${error.message}; and it could not be undone completely: ${left.join('; ')}`,
    remediation: 'What is left is tried again when the daemon starts the next time.',
    details: { cause: { ...error }, left },
  };
}

/** Why an operation is being undone, where that was written down before: it is not the daemon's restart. */
export function firstError({ error }: RecordedOperation): RecordedError | undefined {
  if (error?.code !== 'undo_incomplete') return error ?? undefined;
  return error.details?.['cause'] as unknown as RecordedError;
}

/** The end of the daemon, in order or not: what can be undone is undone, the rest goes on after the next start. */
export function interrupted(): BangerError {
  return new BangerError('operation_interrupted', 'the daemon ended during this operation; it was undone', {
    remediation: 'Run the command again.',
  });
}

/** What a client sees of an operation whose end could not be written down. */
export function lost(): WireError {
  return {
    code: 'internal',
    message: 'the end of this operation could not be recorded',
    remediation: "The daemon's log has the cause; its next start undoes or finishes the operation.",
  };
}

export function shuttingDown(): BangerError {
  return new BangerError('shutting_down', 'the daemon is closing', {
    remediation: 'Start it again with `banger daemon start`, then run the command again.',
  });
}
