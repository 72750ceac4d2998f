import type { ErrorCode } from '@banger/api-types';

export interface BangerErrorOptions {
  /** What the user can do, when the message does not say it already. */
  readonly remediation?: string;
  readonly details?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
}

/** The one error class of the daemon's rooms; rpc/ turns it into a wire error. */
export class BangerError extends Error {
  override readonly name = 'BangerError';
  readonly code: ErrorCode;
  readonly remediation: string | undefined;
  readonly details: Readonly<Record<string, unknown>> | undefined;

  constructor(code: ErrorCode, message: string, options: BangerErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.remediation = options.remediation;
    this.details = options.details;
  }
}
