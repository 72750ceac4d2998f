import type { Clock } from './clock.ts';
import { systemClock } from './clock.ts';

export interface PollOptions {
  /** Milliseconds from now; without it only the signal ends the wait. */
  readonly deadlineMs?: number;
  readonly signal?: AbortSignal;
  /** First pause in milliseconds, 5 unless told; each further pause is twice as long. */
  readonly initialMs?: number;
  /** Longest pause in milliseconds, 250 unless told. */
  readonly maxMs?: number;
  readonly clock?: Clock;
}

/** What was waited for did not happen before the deadline. */
export class PollTimeoutError extends Error {
  override readonly name = 'PollTimeoutError';
  readonly deadlineMs: number;
  readonly attempts: number;

  constructor(deadlineMs: number, attempts: number) {
    super(`nothing within ${deadlineMs} ms (${attempts} attempts)`);
    this.deadlineMs = deadlineMs;
    this.attempts = attempts;
  }
}

/**
 * Calls `probe` until it answers something other than undefined. Its signal is aborted at the deadline, and poll ends
 * then even when the probe does not.
 * @throws PollTimeoutError at the deadline, the signal's reason when aborted, and whatever `probe` throws.
 */
export async function poll<T>(
  probe: (signal: AbortSignal) => T | undefined | Promise<T | undefined>,
  options: PollOptions = {},
): Promise<T> {
  const { deadlineMs, signal, initialMs = 5, maxMs = 250, clock = systemClock } = options;
  signal?.throwIfAborted();
  const stop = new AbortController();
  const own = signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal]);
  let attempts = 0;

  const finished = new AbortController();
  if (deadlineMs !== undefined) {
    clock.sleep(deadlineMs, finished.signal).then(
      () => stop.abort(new PollTimeoutError(deadlineMs, attempts)),
      () => {}, // finished first
    );
  }
  const aborted = rejectOnAbort(own, finished.signal);
  try {
    for (let pauseMs = initialMs; ; pauseMs = Math.min(pauseMs * 2, maxMs)) {
      attempts += 1;
      const answer = await Promise.race([aborted, probe(own)]);
      if (answer !== undefined) return answer;
      await Promise.race([aborted, clock.sleep(Math.min(pauseMs, maxMs), own)]);
    }
  } finally {
    finished.abort();
  }
}

/** Rejects with the reason of `signal`; lets go of it when `done` is aborted. */
function rejectOnAbort(signal: AbortSignal, done: AbortSignal): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>();
  promise.catch(() => {}); // nobody may be listening at the end
  signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true, signal: done });
  return promise;
}
