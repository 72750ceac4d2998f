/** Why something about an image failed; closed, so that callers can branch. */
export type ImageErrorCode =
  | 'tool_missing'
  | 'network'
  | 'suite_unknown'
  | 'disk_full'
  | 'tool_failed'
  | 'kernel_unsupported'
  | 'invalid'
  | 'corrupt';

export interface ImageErrorOptions extends ErrorOptions {
  /** What can be done about it, where the message does not say it. */
  readonly remediation?: string;
  /** The tool's last lines, the missing program, sizes. */
  readonly details?: Readonly<Record<string, unknown>>;
}

/** Building or reading an image failed. */
export class ImageError extends Error {
  override readonly name = 'ImageError';
  readonly code: ImageErrorCode;
  readonly remediation: string | undefined;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: ImageErrorCode, message: string, options: ImageErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.remediation = options.remediation;
    this.details = options.details ?? {};
  }
}
