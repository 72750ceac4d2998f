import { randomBytes } from 'node:crypto';
import { type ErrorCode, LineTooLongError, type WireError } from '@banger/api-types';
import { CommandError } from '@banger/system';
import { BangerError } from '../errors.ts';
import type { RpcLogger } from './types.ts';

const LAST_LINES = 10;

/**
 * The only place where errors become wire errors. What nobody expected is logged with its stack under an id, and only
 * the id reaches the client.
 */
export function toWireError(error: unknown, logger: RpcLogger): WireError {
  const banger = toBangerError(error) ?? unexpected(error, logger);
  const wire: { -readonly [K in keyof WireError]: WireError[K] } = { code: banger.code, message: banger.message };
  if (banger.remediation !== undefined) wire.remediation = banger.remediation;
  if (banger.details !== undefined) wire.details = banger.details;
  return wire;
}

function toBangerError(error: unknown): BangerError | undefined {
  if (error instanceof BangerError) return error;
  if (error instanceof CommandError) return fromCommandError(error);
  if (error instanceof LineTooLongError) return new BangerError('invalid_request', error.message, { cause: error });
  // The names that AbortSignal gives its reasons.
  if (!(error instanceof Error)) return undefined;
  if (error.name === 'AbortError') return new BangerError('operation_cancelled', 'this was cancelled');
  if (error.name === 'TimeoutError') return new BangerError('timeout', 'this took longer than it may');
  return fromFileError(error);
}

/** What any write may meet, wherever it is made. */
function fromFileError(error: NodeJS.ErrnoException): BangerError | undefined {
  if (error.code !== 'ENOSPC' && error.code !== 'EDQUOT') return undefined;
  return new BangerError('disk_full', `there is no room left on the disk: ${error.message}`, {
    remediation: 'Free space: `banger image list` and `banger vm list` show what takes it. Then try again.',
    cause: error,
  });
}

function fromCommandError(error: CommandError): BangerError {
  const lines = error.stderr.trimEnd().split('\n').slice(-LAST_LINES);
  // The arguments stay in the log: they may hold what another user must not see.
  const details = { program: error.argv[0], exitCode: error.exitCode ?? null, signal: error.signal ?? null, lines };
  return new BangerError(commandErrorCode(error), error.message, { details, cause: error });
}

function commandErrorCode(error: CommandError): ErrorCode {
  if (error.cancelled) return 'operation_cancelled';
  if (error.timedOut) return 'timeout';
  return error.notFound ? 'prerequisite_missing' : 'command_failed';
}

function unexpected(error: unknown, logger: RpcLogger): BangerError {
  const logId = randomBytes(4).toString('hex');
  logger.error({ err: error, logId }, 'unexpected error in a call');
  return new BangerError('internal', 'something unexpected went wrong in the daemon', {
    remediation: `Its log has the cause under ${logId}; please report it.`,
    details: { logId },
  });
}
