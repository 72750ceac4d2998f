import type { Clock } from '@banger/system';
import type { GuestAddress } from './port.ts';
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
 * Waits until the guest has let us in, which is more than an open port: its sshd has checked our key and that there is
 * a shell to run commands with. A command as a further proof would cost an emulated guest another 0.1 s to 0.15 s.
 * The connection stays open for the first command.
 * @throws GuestUnreachable when waiting does not help (other host key, login refused), and at a deadline (the signal of
 * AbortSignal.timeout) with the last attempt's failure as its cause; the signal's reason when aborted otherwise.
 */
export async function waitUntilReady({ address, connect, clock, signal }: WaitReadyOptions): Promise<void> {
  let lastFailure: GuestUnreachable | undefined;
  try {
    for (let timeoutMs = FIRST_TCP_TIMEOUT_MS; ; timeoutMs = Math.min(timeoutMs * 1.5, LONGEST_TCP_TIMEOUT_MS)) {
      lastFailure = await attempt(() => connect(timeoutMs), signal);
      if (lastFailure === undefined) return;
      await clock.sleep(PAUSE_MS, signal);
    }
  } catch (error) {
    if (lastFailure === undefined || !isDeadline(error)) throw error;
    throw new GuestUnreachable(address, 'was not ready in time', { cause: lastFailure, final: true });
  }
}

async function attempt(
  connect: () => Promise<SshConnection>,
  signal: AbortSignal,
): Promise<GuestUnreachable | undefined> {
  try {
    await connect();
    return undefined;
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof GuestUnreachable && !error.final) return error;
    throw error;
  }
}

function isDeadline(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'TimeoutError';
}
