import type { Argv } from './runner.ts';

export interface CommandErrorFields {
  readonly argv: Argv;
  /** Why, in a few words: `exited with status 2`, `was cancelled`, ... */
  readonly summary: string;
  readonly exitCode?: number | undefined;
  readonly signal?: string | undefined;
  readonly stdout?: string;
  readonly stderr?: string;
  readonly timedOut?: boolean;
  readonly cancelled?: boolean;
  readonly notFound?: boolean;
  readonly outputLimit?: boolean;
  readonly durationMs?: number;
  readonly cause?: unknown;
}

/** Characters of each stream that an error keeps: its end, where tools say what went wrong. */
const TAIL_CHARACTERS = 8192;

/** A host command could not be started, failed, was cancelled or exceeded its limits. Tell the cases apart by the fields. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
  readonly argv: Argv;
  /** Undefined when the command never ran or a signal ended it. */
  readonly exitCode: number | undefined;
  /** Name of the signal that ended the command, with SIG. */
  readonly signal: string | undefined;
  /** The last 8 KiB. */
  readonly stdout: string;
  /** The last 8 KiB. */
  readonly stderr: string;
  readonly timedOut: boolean;
  readonly cancelled: boolean;
  /** There is no such program. */
  readonly notFound: boolean;
  /** More output than `maxOutputBytes`. */
  readonly outputLimit: boolean;
  readonly durationMs: number;

  constructor(fields: CommandErrorFields) {
    const stderr = tail(fields.stderr ?? '');
    super(message(fields, stderr), fields.cause === undefined ? undefined : { cause: fields.cause });
    this.argv = fields.argv;
    this.exitCode = fields.exitCode;
    this.signal = fields.signal;
    this.stdout = tail(fields.stdout ?? '');
    this.stderr = stderr;
    this.timedOut = fields.timedOut ?? false;
    this.cancelled = fields.cancelled ?? false;
    this.notFound = fields.notFound ?? false;
    this.outputLimit = fields.outputLimit ?? false;
    this.durationMs = fields.durationMs ?? 0;
  }
}

function message({ argv, summary, outputLimit }: CommandErrorFields, stderr: string): string {
  // A tool whose output is cut off only complains about that.
  if (outputLimit === true) return `${argv[0]} ${summary}`;
  const last = stderr.trimEnd().split('\n').at(-1)?.trim();
  return last === undefined || last === '' ? `${argv[0]} ${summary}` : `${argv[0]} ${summary}: ${last}`;
}

function tail(text: string): string {
  return text.length <= TAIL_CHARACTERS ? text : text.slice(-TAIL_CHARACTERS);
}
