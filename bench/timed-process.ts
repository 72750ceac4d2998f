import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

export interface TimedOptions {
  readonly environment: NodeJS.ProcessEnv;
  readonly cwd?: string;
}

/** A process from its start to its end, in milliseconds. */
export interface TimedProcess {
  readonly wholeMs: number;
  /** Until it wrote its first byte to standard output; undefined when it wrote none. */
  readonly firstOutputMs: number | undefined;
  readonly stdout: string;
}

/** @throws Error with what it wrote to standard error, when it fails */
export async function timeProcess(argv: readonly string[], options: TimedOptions): Promise<TimedProcess> {
  const output: Buffer[] = [];
  let firstOutputMs: number | undefined;
  let wholeMs = 0;
  const started = performance.now();
  const child = start(argv, options, 'pipe');
  const errors = collectErrors(child);
  child.stdout?.on('data', (chunk: Buffer) => {
    firstOutputMs ??= performance.now() - started;
    output.push(chunk);
  });
  child.once('exit', () => {
    wholeMs = performance.now() - started;
  });
  await successOf(child, argv, errors);
  return { wholeMs, firstOutputMs, stdout: Buffer.concat(output).toString() };
}

/** As timeProcess for much output: another process counts its bytes. */
export async function timeBytes(
  argv: readonly string[],
  options: TimedOptions,
): Promise<{ readonly wholeMs: number; readonly bytes: number }> {
  const counter = spawn('wc', ['-c'], { stdio: ['pipe', 'pipe', 'inherit'] });
  const count: Buffer[] = [];
  counter.stdout.on('data', (chunk: Buffer) => count.push(chunk));
  const counted = once(counter, 'close');
  let wholeMs = 0;
  const started = performance.now();
  const child = start(argv, options, counter.stdin);
  child.once('exit', () => {
    wholeMs = performance.now() - started;
  });
  counter.stdin.destroy();
  await successOf(child, argv, collectErrors(child));
  await counted;
  return { wholeMs, bytes: Number(Buffer.concat(count).toString()) };
}

function start(argv: readonly string[], { environment, cwd }: TimedOptions, stdout: 'pipe' | NodeJS.WritableStream) {
  const [program = '', ...args] = argv;
  return spawn(program, args, {
    env: environment,
    ...(cwd === undefined ? {} : { cwd }),
    stdio: ['ignore', stdout as 'pipe', 'pipe'],
  });
}

function collectErrors(child: ChildProcess): Buffer[] {
  const errors: Buffer[] = [];
  child.stderr?.on('data', (chunk: Buffer) => errors.push(chunk));
  return errors;
}

async function successOf(child: ChildProcess, argv: readonly string[], errors: readonly Buffer[]): Promise<void> {
  const [status, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  if (status === 0) return;
  throw new Error(`${argv.join(' ')} ended with ${signal ?? status}: ${Buffer.concat(errors).toString().trim()}`);
}
