import type { GuestExit, GuestProcess } from './port.ts';

/** Waits for the end of a command whose output does not matter. */
export async function runToEnd(command: GuestProcess, signal: AbortSignal): Promise<GuestExit> {
  const onAbort = () => command.close();
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    command.stdin.end();
    command.stdout.resume();
    command.stderr.resume();
    const exit = await command.exit;
    signal.throwIfAborted();
    return exit;
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
