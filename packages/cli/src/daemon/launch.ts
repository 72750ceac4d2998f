import { spawn } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import type { Result } from '@banger/api-types/client';
import { CliError, hasCode } from '../cli-error.ts';
import type { Context } from '../context.ts';
import { connectDaemon } from './connect.ts';
import type { DaemonProgram } from './locate.ts';
import type { LogFile } from './log-file.ts';

/** A daemon listens first and recovers then, so it answers soon. */
const START_TIMEOUT_MS = 30_000;
const FIRST_WAIT_MS = 20;
const LONGEST_WAIT_MS = 250;
const SHOWN_LINES = 15;

/**
 * Starts bangerd in a session of its own and waits until it answers.
 * @throws CliError with the last lines of its log when it ended, or did not answer in time
 */
export async function launchDaemon(
  context: Context,
  program: DaemonProgram,
  options: readonly string[],
  log: LogFile,
): Promise<Result<'daemon.status'>> {
  const child = spawn(program.file, [...program.argv, ...options], {
    detached: true,
    stdio: ['ignore', log.descriptor, log.descriptor],
    cwd: '/',
    env: { ...context.io.environment },
  });
  const ended = new Promise<never>((_resolve, reject) => {
    const failed = (how: string): void => reject(new CliError('command_failed', `bangerd ${how}`, logHint(log)));
    child.once('error', (error) => failed(`cannot be started: ${error.message}`));
    child.once('exit', (status, signal) =>
      failed(signal === null ? `ended at once with status ${status}` : `was ended by ${signal}`),
    );
  });
  const giveUp = new AbortController();
  try {
    return await Promise.race([ended, answer(context, log, giveUp.signal)]);
  } finally {
    giveUp.abort();
    child.removeAllListeners();
    child.unref();
  }
}

async function answer(context: Context, log: LogFile, signal: AbortSignal): Promise<Result<'daemon.status'>> {
  const deadline = performance.now() + START_TIMEOUT_MS;
  for (let wait = FIRST_WAIT_MS; ; wait = Math.min(wait * 2, LONGEST_WAIT_MS)) {
    await delay(wait, undefined, { signal });
    try {
      const client = await connectDaemon(context, signal);
      try {
        return await client.call('daemon.status', {}, { signal });
      } finally {
        client.close();
      }
    } catch (error) {
      if (!hasCode(error, 'daemon_unreachable')) throw error;
      if (performance.now() > deadline) throw notAnswering(context, log, error);
    }
  }
}

function notAnswering(context: Context, log: LogFile, cause: unknown): CliError {
  const seconds = START_TIMEOUT_MS / 1000;
  const message = `bangerd was started but does not answer on ${context.settings.socketPath} after ${seconds} s`;
  return new CliError('timeout', message, { ...logHint(log), cause });
}

function logHint(log: LogFile): { details: Record<string, unknown>; remediation: string } {
  return { details: { log: log.lastLines(SHOWN_LINES) }, remediation: `Its log is ${log.path}` };
}
