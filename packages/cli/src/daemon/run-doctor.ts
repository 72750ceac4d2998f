import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import type { Result } from '@banger/api-types/client';
import { CliError } from '../cli-error.ts';
import type { Context } from '../context.ts';
import { locateDaemon } from './locate.ts';

/** Checks take seconds; a tool that hangs shall not hang us. */
const TIMEOUT_MS = 60_000;

/**
 * Asks the daemon's program, without a daemon.
 * @param told where bangerd is, from the command line
 * @throws CliError when it is not found or does not answer with a report
 */
export async function runDoctor(
  context: Context,
  told: string | undefined,
  options: readonly string[],
): Promise<Result<'doctor'>> {
  const { file, argv } = locateDaemon(context, told);
  const child = spawn(file, [...argv, '--doctor', '--json', ...options], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...context.io.environment },
    timeout: TIMEOUT_MS,
  });
  const failed = new Promise<never>((_resolve, reject) => {
    child.once('error', reject);
  });
  const [output, complaints] = await Promise.race([
    Promise.all([text(child.stdout), text(child.stderr)]),
    failed,
  ]).catch((cause: unknown) => {
    throw new CliError('command_failed', `cannot run ${file}: ${(cause as Error).message}`, { cause });
  });
  const report = parseReport(output);
  if (report !== undefined) return report;
  throw new CliError('command_failed', `${[file, ...argv].join(' ')} --doctor did not answer with a report`, {
    details: { output: complaints.split('\n').filter((line) => line !== '') },
  });
}

/** A program of another version may answer anything. */
function parseReport(output: string): Result<'doctor'> | undefined {
  try {
    const report: unknown = JSON.parse(output);
    if (typeof report !== 'object' || report === null) return undefined;
    if (!('ok' in report && 'findings' in report && Array.isArray(report.findings))) return undefined;
    return report as Result<'doctor'>;
  } catch {
    return undefined;
  }
}
