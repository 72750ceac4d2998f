import type { Clock } from '@banger/system';
import type { GuestAddress } from './port.ts';
import { runToEnd } from './run-to-end.ts';
import type { SshConnection } from './ssh-connection.ts';
import { GuestUnreachable } from './unreachable.ts';

export interface WaitReadyOptions {
  readonly address: GuestAddress;
  /** One attempt to connect, given up after `tcpTimeoutMs` when the guest does not even answer the SYN. */
  readonly connect: (tcpTimeoutMs: number) => Promise<SshConnection>;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** A guest without network yet drops SYNs, and the kernel would repeat one only after a second. */
const FIRST_TCP_TIMEOUT_MS = 250;
/** A guest on a crowded host may need longer than that for its answer. */
const LONGEST_TCP_TIMEOUT_MS = 1000;
/** Between attempts: a guest refuses connections for a moment only, before its sshd listens. */
const PAUSE_MS = 40;

/**
 * Waits until the guest has run a command, which is more than an open port, and leaves the connection open.
 * @throws GuestUnreachable when waiting does not help (other host key, login refused, no shell), the signal's reason when
 * aborted.
 */
export async function waitUntilReady({ address, connect, clock, signal }: WaitReadyOptions): Promise<void> {
  for (let tcpTimeoutMs = FIRST_TCP_TIMEOUT_MS; ; tcpTimeoutMs = Math.min(tcpTimeoutMs * 1.5, LONGEST_TCP_TIMEOUT_MS)) {
    try {
      const connection = await connect(tcpTimeoutMs);
      const process = await connection.start('exit 0', undefined, signal);
      const { status } = await runToEnd(process, signal);
      if (status === 0) return;
      throw new GuestUnreachable(address, `cannot run commands: its shell ended with status ${status}`, {
        final: true,
      });
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof GuestUnreachable) || error.final) throw error;
    }
    await clock.sleep(PAUSE_MS, signal);
  }
}
