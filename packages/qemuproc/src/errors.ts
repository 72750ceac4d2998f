/** What went wrong, for programs. */
export type QemuErrorCode =
  /** There is no such QEMU program. */
  | 'qemu_missing'
  /** The TAP device does not exist, or this process may not use it. */
  | 'tap_unusable'
  /** Another process has the TAP device open. */
  | 'tap_busy'
  /** The host cannot give the guest its memory. */
  | 'out_of_memory'
  /** A disk, kernel or initramfs is missing, unreadable or of another format. */
  | 'file_unusable'
  /** Another process (most likely another QEMU) has the disk open for writing. */
  | 'file_locked'
  /** KVM was asked for and does not work here. */
  | 'kvm_unusable'
  /** QEMU ended during its start for another reason; `log` has its last words. */
  | 'start_failed'
  /** The spec cannot be turned into a command line. */
  | 'spec_invalid'
  /** QEMU did not answer in time. */
  | 'qmp_timeout'
  /** The control connection is gone, most likely together with QEMU. */
  | 'qmp_closed'
  /** QEMU refused a command. */
  | 'qmp_refused'
  /** What came over the control connection is not QMP. */
  | 'qmp_protocol';

export interface QemuErrorOptions {
  /** The last lines of QEMU's own log. */
  readonly log?: string | undefined;
  readonly cause?: unknown;
}

/** Everything that this package throws by itself; aborts throw the signal's reason. */
export class QemuError extends Error {
  override readonly name = 'QemuError';
  readonly code: QemuErrorCode;
  readonly log: string | undefined;

  constructor(code: QemuErrorCode, message: string, options: QemuErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.log = options.log;
  }
}
