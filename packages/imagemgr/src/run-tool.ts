import type { Argv, Runner, RunOptions, RunResult } from '@banger/system';
import { ImageError, type ImageErrorCode } from './errors.ts';

export interface ToolOptions extends Omit<RunOptions, 'signal'> {
  readonly signal?: AbortSignal | undefined;
  /** What the tool is run for, for the error message: `unpacking the kernel`. */
  readonly what: string;
  /** Debian package of the tool, when it is not called like the tool. */
  readonly debianPackage?: string;
  /** Finds the real reason in what the tool printed; `tool_failed` unless told. */
  readonly classify?: (lines: readonly string[]) => ToolFailure | undefined;
}

export interface ToolFailure {
  readonly code: ImageErrorCode;
  readonly message: string;
  readonly remediation?: string;
}

/** The fields of @banger/system's CommandError; only types of that package may be imported here. */
interface CommandFailure {
  readonly cancelled?: boolean;
  readonly notFound?: boolean;
  readonly stderr?: string;
}

const LAST_LINES = 20;

/**
 * Runs a tool and turns its failure into a typed error with the tool's last lines.
 * @throws ImageError; the signal's reason when it was aborted
 */
export async function runTool(runner: Runner, argv: Argv, options: ToolOptions): Promise<RunResult> {
  const { what, debianPackage, classify, signal, ...runOptions } = options;
  try {
    return await runner.run(argv, { ...runOptions, ...(signal && { signal }) });
  } catch (cause) {
    signal?.throwIfAborted();
    if (!(cause instanceof Error)) throw cause;
    const { notFound = false, stderr = '' } = cause as CommandFailure;
    if (notFound) throw missing(argv[0], what, debianPackage ?? argv[0], cause);
    const lines = stderr.split('\n').filter((line) => line.trim() !== '');
    const failure = classify?.(lines) ?? { code: 'tool_failed', message: `${what} failed: ${cause.message}` };
    throw new ImageError(failure.code, failure.message, {
      ...(failure.remediation !== undefined && { remediation: failure.remediation }),
      details: { tool: argv[0], lastLines: lines.slice(-LAST_LINES) },
      cause,
    });
  }
}

function missing(tool: string, what: string, debianPackage: string, cause: Error): ImageError {
  return new ImageError('tool_missing', `${what} needs the program ${tool}, which is not installed`, {
    remediation: `Install the package ${debianPackage}.`,
    details: { tool, debianPackage },
    cause,
  });
}
