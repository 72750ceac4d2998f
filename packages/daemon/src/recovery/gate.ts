import { BangerError } from '../errors.ts';

/** Holds changes back until recovery is over; reads are answered meanwhile. */
export class RecoveryGate {
  readonly #open = Promise.withResolvers<void>();
  #state: 'recovering' | 'ready' = 'recovering';

  get state(): 'recovering' | 'ready' {
    return this.#state;
  }

  open(): void {
    this.#state = 'ready';
    this.#open.resolve();
  }

  /** @throws BangerError timeout when recovery takes longer than `timeoutMs`, or the signal's reason. */
  async pass(signal: AbortSignal, timeoutMs: number): Promise<void> {
    if (this.#state === 'ready') return;
    signal.throwIfAborted();
    const { promise, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(() => reject(stillRecovering(timeoutMs)), timeoutMs);
    const onAbort = (): void => reject(signal.reason as Error);
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      await Promise.race([this.#open.promise, promise]);
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
    }
  }
}

function stillRecovering(timeoutMs: number): BangerError {
  return new BangerError('timeout', `the daemon is still recovering after ${timeoutMs / 1000} s`, {
    remediation: 'Try again; `banger daemon status` shows its state.',
  });
}
