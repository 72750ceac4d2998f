import type { ErrorCode, WireError } from './errors.ts';

/** What a failed call throws: the daemon's error, or the client's own when no daemon could be asked. */
export class RpcError extends Error {
  override readonly name = 'RpcError';
  readonly code: ErrorCode;
  /** What the user can do, when the message does not say it already. */
  readonly remediation: string | undefined;
  readonly details: Readonly<Record<string, unknown>> | undefined;

  constructor(error: WireError, options?: ErrorOptions) {
    super(error.message, options);
    this.code = error.code;
    this.remediation = error.remediation;
    this.details = error.details;
  }
}
