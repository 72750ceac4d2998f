import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));

/** The words that start the program from source. */
export const program: readonly string[] = [process.execPath, '--conditions=source', main];

/** Starts the program as a process of its own; its standard streams are pipes. */
export function start(words: readonly string[]): ChildProcessWithoutNullStreams {
  const [file = '', ...argv] = program;
  return spawn(file, [...argv, ...words], { stdio: 'pipe' });
}

export interface Ended {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stderr: string;
}

/** Waits for the end; standard error is read meanwhile, standard output is the test's. */
export async function ended(child: ChildProcessWithoutNullStreams): Promise<Ended> {
  const [[status, signal], stderr] = await Promise.all([once(child, 'exit'), text(child.stderr)]);
  return { status: status as number | null, signal: signal as NodeJS.Signals | null, stderr };
}
