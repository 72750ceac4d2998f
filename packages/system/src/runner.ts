/** A command line: program first, then its arguments. Never a shell string. */
export type Argv = readonly [program: string, ...args: string[]];

export interface RunOptions {
  /** Ends the command: SIGTERM, then SIGKILL after a grace period. */
  readonly signal?: AbortSignal;
  /** Deadline in milliseconds; the command is ended as by `signal` and a CommandError with `timedOut` is thrown. */
  readonly timeoutMs?: number;
  readonly input?: string | Uint8Array;
  readonly cwd?: string;
  /** Added to the Runner's own environment. LC_ALL=C is always set. */
  readonly env?: Readonly<Record<string, string>>;
  /** The command needs root. A Runner for an unprivileged user may prefix it with `sudo -n`. */
  readonly privileged?: boolean;
  /** Exit codes that are an answer and not a failure; [0] unless told. */
  readonly okExitCodes?: readonly number[];
  /** Output kept per stream in bytes, 4 MiB unless told; more is an error. */
  readonly maxOutputBytes?: number;
  /** Called for each full line while the command runs (for progress). */
  readonly onStdoutLine?: (line: string) => void;
  readonly onStderrLine?: (line: string) => void;
}

export interface RunResult {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
  readonly durationMs: number;
}

/** Runs host commands to their end. Injected everywhere, so that tests can replace it. */
export interface Runner {
  /** @throws CommandError when the command cannot be started, fails, is cancelled or exceeds its limits. */
  run(argv: Argv, options?: RunOptions): Promise<RunResult>;
}
