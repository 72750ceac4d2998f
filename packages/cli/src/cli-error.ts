import type { ErrorCode } from '@banger/api-types/client';

export interface CliErrorOptions {
  /** What the user can do, when the message does not say it already. */
  readonly remediation?: string | undefined;
  readonly details?: Readonly<Record<string, unknown>> | undefined;
  /** Takes the place of the status that the code's class has. */
  readonly status?: number;
  readonly cause?: unknown;
}

/** What a command throws when it cannot do its work: it has the shape of a daemon's error. */
export class CliError extends Error {
  override readonly name = 'CliError';
  readonly code: ErrorCode;
  readonly remediation: string | undefined;
  readonly details: Readonly<Record<string, unknown>> | undefined;
  readonly status: number | undefined;

  constructor(code: ErrorCode, message: string, options: CliErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.remediation = options.remediation;
    this.details = options.details;
    this.status = options.status;
  }
}

/** A command line that cannot be understood. */
export function usageError(message: string, remediation?: string): CliError {
  return new CliError('invalid_params', message, { remediation });
}

/** A wire error inside a result, whose code the types leave open. */
interface ReportedError extends Pick<CliErrorOptions, 'remediation' | 'details'> {
  readonly code: string;
  readonly message: string;
}

/** An error that the daemon reported inside a result, as one to throw. */
export function fromWire({ code, message, remediation, details }: ReportedError): CliError {
  return new CliError(code as ErrorCode, message, { remediation, details });
}

/** Whether an error, of ours or of the client, has this code. */
export function hasCode(error: unknown, code: ErrorCode): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
