import type { ProcessIdentity } from '@banger/system';
import type { MicrovmEnd } from './end.ts';
import type { ExecuteOptions } from './qmp/client.ts';
import type { MicrovmStatus } from './qmp/commands.ts';

/** A live QEMU that is watched. Letting go of it (`release`) never ends it. */
export interface Microvm {
  readonly identity: ProcessIdentity;
  /**
   * Settles once, when the process is gone and its socket and pid file are removed; never rejects. Noticed at once
   * while the control connection stands, within a second otherwise. Never settles after `release`.
   */
  readonly ended: Promise<MicrovmEnd>;
  /** @throws QemuError `qmp_closed`, `qmp_timeout`; the signal's reason. */
  status(options?: ExecuteOptions): Promise<MicrovmStatus>;
  /** Presses the power button; whether the guest heeds it shows in `ended`. Errors as `status`. */
  powerdown(options?: ExecuteOptions): Promise<void>;
  /** Lets a machine that was started paused run. Errors as `status`. */
  resume(options?: ExecuteOptions): Promise<void>;
  /** Asks QEMU to end in order, which writes everything out, and waits for the end. Errors as `status`. */
  quit(options?: ExecuteOptions): Promise<MicrovmEnd>;
  /** SIGTERM, a second later SIGKILL; resolves when the process is gone. The signal ends the wait only. */
  kill(signal?: AbortSignal): Promise<MicrovmEnd>;
  /** Lets go of connection and watches; the machine lives on. */
  release(): void;
}
