import type { ResizePayload } from '@banger/api-types/client';
import { usageError } from '../cli-error.ts';
import type { Io } from '../io.ts';

/**
 * Refuses `-t` where there is no terminal, as docker does.
 * @throws CliError
 */
export function requireTerminal(io: Io, interactive: boolean): void {
  if (interactive && !io.stdin.isTTY) {
    throw usageError('the input is not a terminal', 'Leave -t out: -i alone hands the input to the command.');
  }
  if (!interactive && !io.stdout.isTTY) {
    throw usageError('the output is not a terminal', 'Leave -t out, or use -it on a terminal.');
  }
}

/** The size of the terminal, whichever output it is on. */
export function terminalSize({ stdout, stderr }: Io): ResizePayload {
  const output = stdout.columns === undefined ? stderr : stdout;
  return { columns: output.columns || 80, rows: output.rows || 24 };
}

/** Hands every key to the command as a byte until disposed; the terminal is restored however the process ends. */
export function rawMode(io: Io): Disposable {
  const restore = (): void => setRaw(io, false);
  setRaw(io, true);
  const removeExit = io.onExit(restore);
  // Who stopped us from outside and continued us, the shell, has set the terminal back.
  const removeContinue = io.onSignal('SIGCONT', () => {
    setRaw(io, false);
    setRaw(io, true);
  });
  return {
    [Symbol.dispose]: () => {
      removeExit();
      removeContinue();
      restore();
    },
  };
}

function setRaw(io: Io, raw: boolean): void {
  try {
    io.stdin.setRawMode(raw);
  } catch {
    // The terminal is gone: there is nothing to restore.
  }
}
