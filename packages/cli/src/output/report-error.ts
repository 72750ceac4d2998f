import type { ErrorCode, WireError } from '@banger/api-types/client';
import { RpcError } from '@banger/api-types/client';
import { CliError } from '../cli-error.ts';
import { statusOfCode } from '../exit-status.ts';
import type { Io } from '../io.ts';
import { detailLines } from './details.ts';
import { styleFor } from './style.ts';
import { safeLine, safeText } from './text.ts';

/** How errors are shown. */
export interface ErrorView {
  readonly json: boolean;
  readonly color: boolean;
  readonly debug: boolean;
}

/** The error in the wire's shape; what is neither ours nor the daemon's is a defect. */
export function toWireError(error: unknown): WireError {
  if (error instanceof CliError || error instanceof RpcError) {
    const { code, message, remediation, details } = error;
    return {
      code,
      message,
      ...(remediation === undefined ? {} : { remediation }),
      ...(details === undefined ? {} : { details }),
    };
  }
  const message = error instanceof Error ? error.message : String(error);
  const remediation = 'This is a defect of banger: run it again with --debug and report what it shows.';
  return { code: 'internal' satisfies ErrorCode, message, remediation };
}

/** The exit status that an error stands for. */
export function statusOf(error: unknown): number {
  if (error instanceof CliError && error.status !== undefined) return error.status;
  return statusOfCode(toWireError(error).code);
}

/** Lines for people: what happened, details that help, what to do. */
function errorLines(error: WireError, view: ErrorView): string[] {
  const style = styleFor(view.color);
  const message = safeText(error.message);
  const remediation = safeText(error.remediation ?? '');
  // Details repeat for programs what the message says to people.
  const isNews = (line: string): boolean =>
    ![message, remediation].some((text) => text.includes(line.replace(/^- |^ +/, '')));
  const details = detailLines(error.details ?? {}).filter(isNews);
  const lines = [`${style.red('error:')} ${message}`, ...details.map((line) => `  ${line}`)];
  return remediation === '' ? lines : [...lines, remediation];
}

/** Writes an error to standard error. */
export function reportError(io: Pick<Io, 'stderr'>, error: unknown, view: ErrorView): void {
  const wire = toWireError(error);
  if (view.json) return io.stderr.write(`${JSON.stringify({ error: wire })}\n`);
  const lines = errorLines(wire, { ...view, color: view.color && io.stderr.isTTY });
  if (view.debug && error instanceof Error) lines.push(`code: ${safeLine(wire.code)}`, ...stackLines(error));
  io.stderr.write(`${lines.join('\n')}\n`);
}

function stackLines(error: Error): string[] {
  const lines = safeText(error.stack ?? '').split('\n');
  return error.cause instanceof Error ? [...lines, 'caused by:', ...stackLines(error.cause)] : lines;
}
