import { QemuError } from '../errors.ts';
import { isObject } from './messages.ts';

/** The commands that this package uses, with their arguments and results. */
export interface QmpCommands {
  /** Must come first; the client sends it. */
  qmp_capabilities: { arguments: undefined; result: void };
  'query-status': { arguments: undefined; result: MicrovmStatus };
  /** Presses the power button; the guest may not heed it. */
  system_powerdown: { arguments: undefined; result: void };
  stop: { arguments: undefined; result: void };
  cont: { arguments: undefined; result: void };
  /** Ends QEMU after it has written everything out. */
  quit: { arguments: undefined; result: void };
}

export interface MicrovmStatus {
  /** QEMU's run state: `running`, `paused`, `prelaunch`, `shutdown`, `io-error`, `internal-error`, ... */
  readonly status: string;
  readonly running: boolean;
}

/** @throws QemuError `qmp_protocol` when the answer has another shape. */
export function parseStatus(value: unknown): MicrovmStatus {
  if (isObject(value) && typeof value['status'] === 'string' && typeof value['running'] === 'boolean') {
    return { status: value['status'], running: value['running'] };
  }
  throw new QemuError('qmp_protocol', `not a status: ${JSON.stringify(value).slice(0, 200)}`);
}
