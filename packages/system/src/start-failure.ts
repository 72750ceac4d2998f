import { existsSync } from 'node:fs';
import { CommandError } from './command-error.ts';
import type { Argv } from './runner.ts';

/** The error for a command that never ran. The kernel says ENOENT for a missing program and a missing directory alike. */
export function startFailure(argv: Argv, cwd: string | undefined, cause: unknown): CommandError {
  const code = errorCode(cause);
  if (code === 'ENOENT' && cwd !== undefined && !existsSync(cwd)) {
    return new CommandError({
      argv,
      summary: `could not be started: its working directory ${cwd} does not exist`,
      cause,
    });
  }
  const notFound = code === 'ENOENT';
  const summary = notFound ? 'was not found on this host' : `could not be started (${code})`;
  return new CommandError({ argv, summary, notFound, cause });
}

function errorCode(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}
