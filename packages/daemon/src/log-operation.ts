import type { Result } from '@banger/api-types';
import type { Logger } from './logger.ts';

/** One line for the end of an operation, bound to its id and to what it worked on. */
export function logOperation(
  logger: Logger,
  { id, kind, subject, state, error, startedAt, endedAt }: Result<'op.status'>,
): void {
  const log = logger.child({ op: id, ...(kind.startsWith('vm.') ? { vm: subject } : { image: subject }) });
  if (endedAt === null) return log.info({ kind }, 'the operation goes on with the next start');
  const durationMs = Date.parse(endedAt) - Date.parse(startedAt);
  if (error) log.warn({ kind, state, durationMs, code: error.code }, error.message);
  else log.info({ kind, state, durationMs }, 'the operation has ended');
}
