import type { Options } from 'execa';
import { execa } from 'execa';
import { CommandError } from './command-error.ts';
import { LineSplitter } from './lines.ts';
import type { Argv, Runner, RunOptions, RunResult } from './runner.ts';
import { startFailure } from './start-failure.ts';
import { terminator } from './terminate.ts';

/** What an unprivileged user puts in front of commands that need root. */
export const sudoPrefix: readonly string[] = ['sudo', '-n', '--'];

export interface RunnerOptions {
  /** The environment of every command, PATH included; usually the program's own. LC_ALL=C is added. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Put in front of `privileged` commands unless we are root: `sudoPrefix`, or nothing (the command then fails by itself). */
  readonly privilegePrefix?: readonly string[];
  /** Our effective user id; asked from the kernel unless told. */
  readonly euid?: number;
  /** Time between SIGTERM and SIGKILL in milliseconds, 2000 unless told. */
  readonly killGraceMs?: number;
}

const DEFAULT_MAX_OUTPUT_BYTES = 4 * 1024 * 1024;
const DEFAULT_KILL_GRACE_MS = 2000;

/** The Runner for real commands. Each runs in a process group of its own, and the whole group is ended with it. */
export function createRunner(options: RunnerOptions): Runner {
  return { run: (argv, runOptions = {}) => run(options, argv, runOptions) };
}

async function run(runner: RunnerOptions, argv: Argv, options: RunOptions): Promise<RunResult> {
  if (options.signal?.aborted === true) throw cancelledBeforeStart(argv, options.signal);
  const prefix = options.privileged === true ? elevation(runner) : [];
  const [file, ...args] = commandLine(prefix, argv, options.env) as [string, ...string[]];
  const started = performance.now();
  const child = execa(file, args, execaOptions(runner, options));
  const ending = terminator(child, {
    prefix,
    graceMs: runner.killGraceMs ?? DEFAULT_KILL_GRACE_MS,
    ...(options.signal === undefined ? {} : { signal: options.signal }),
    ...(options.timeoutMs === undefined ? {} : { timeoutMs: options.timeoutMs }),
  });
  const lineErrors = [watchLines(child.stdout, options.onStdoutLine), watchLines(child.stderr, options.onStderrLine)];
  const result = await child;
  ending.stop();
  const output = {
    stdout: text(result.stdout),
    stderr: text(result.stderr),
    durationMs: Math.round(performance.now() - started),
  };
  if (ending.reason === 'cancelled' || ending.reason === 'timedOut') {
    const summary = ending.reason === 'cancelled' ? 'was cancelled' : `did not end within ${options.timeoutMs ?? 0} ms`;
    throw new CommandError({
      argv,
      summary,
      exitCode: result.exitCode,
      signal: result.signal,
      ...output,
      [ending.reason]: true,
      cause: ending.cause,
    });
  }
  for (const lineError of lineErrors) lineError();
  const okExitCodes = options.okExitCodes ?? [0];
  // A tool may close its stdin early (EPIPE on ours); its exit status is what counts.
  const exitCode = result.exitCode;
  if (exitCode !== undefined && okExitCodes.includes(exitCode) && !result.isMaxBuffer) {
    return { ...output, exitCode };
  }
  throw failure(argv, result, output, options);
}

interface Failed {
  readonly exitCode?: number | undefined;
  readonly signal?: string | undefined;
  readonly isMaxBuffer: boolean;
  readonly code?: string | undefined;
  readonly cause?: unknown;
}

function failure(
  argv: Argv,
  result: Failed,
  output: { stdout: string; stderr: string; durationMs: number },
  options: RunOptions,
): CommandError {
  const { exitCode, signal } = result;
  const base = { argv, exitCode, signal, ...output, cause: result.cause };
  if (result.isMaxBuffer) {
    const limit = options.maxOutputBytes ?? DEFAULT_MAX_OUTPUT_BYTES;
    return new CommandError({ ...base, summary: `wrote more than ${limit} bytes`, outputLimit: true });
  }
  if (signal !== undefined) return new CommandError({ ...base, summary: `was ended by ${signal}` });
  if (exitCode !== undefined) return new CommandError({ ...base, summary: `exited with status ${exitCode}` });
  return startFailure(argv, options.cwd, result.cause ?? result);
}

function execaOptions(runner: RunnerOptions, options: RunOptions) {
  return {
    reject: false,
    encoding: 'buffer',
    stripFinalNewline: false,
    extendEnv: false,
    env: { ...runner.env, ...options.env, LC_ALL: 'C' },
    maxBuffer: options.maxOutputBytes ?? DEFAULT_MAX_OUTPUT_BYTES,
    killDescendants: true,
    forceKillAfterDelay: runner.killGraceMs ?? DEFAULT_KILL_GRACE_MS,
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...(options.input === undefined ? { stdin: 'ignore' } : { input: options.input }),
  } as const satisfies Options;
}

function elevation(runner: RunnerOptions): readonly string[] {
  const euid = runner.euid ?? process.geteuid?.() ?? 0;
  return euid === 0 ? [] : (runner.privilegePrefix ?? []);
}

function commandLine(prefix: readonly string[], argv: Argv, env: RunOptions['env']): readonly string[] {
  if (prefix.length === 0) return argv;
  // sudo resets the environment; env(1) behind it needs no SETENV right.
  const assignments = Object.entries(env ?? {}).map(([name, value]) => `${name}=${value}`);
  return assignments.length === 0 ? [...prefix, ...argv] : [...prefix, 'env', ...assignments, ...argv];
}

/** Returns a function that throws what the callback threw: a defect of the caller must not vanish in an event handler. */
function watchLines(stream: NodeJS.ReadableStream | null, onLine: ((line: string) => void) | undefined): () => void {
  const errors: unknown[] = [];
  if (stream !== null && onLine !== undefined) {
    const splitter = new LineSplitter((line) => {
      try {
        onLine(line);
      } catch (error) {
        errors.push(error);
      }
    });
    stream.on('data', (chunk: Buffer) => splitter.push(chunk));
    stream.on('end', () => splitter.end());
  }
  return () => {
    if (errors.length > 0) throw errors[0];
  };
}

function cancelledBeforeStart(argv: Argv, signal: AbortSignal): CommandError {
  return new CommandError({ argv, summary: 'was cancelled before its start', cancelled: true, cause: signal.reason });
}

function text(output: Uint8Array | undefined): string {
  return output === undefined ? '' : Buffer.from(output.buffer, output.byteOffset, output.byteLength).toString('utf8');
}
