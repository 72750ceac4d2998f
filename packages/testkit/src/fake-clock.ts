import type { Clock } from '@banger/system';

interface Sleeper {
  readonly atMs: number;
  wake(): void;
}

/** A clock that stands still until `advance` turns it. */
export class FakeClock implements Clock {
  readonly #startedAt: number;
  readonly #sleepers = new Set<Sleeper>();
  #elapsedMs = 0;

  constructor(startedAt = new Date('2024-01-01T00:00:00Z')) {
    this.#startedAt = startedAt.getTime();
  }

  now(): Date {
    return new Date(this.#startedAt + this.#elapsedMs);
  }

  monotonicMs(): number {
    return this.#elapsedMs;
  }

  /** How many sleeps are under way. */
  get sleeping(): number {
    return this.#sleepers.size;
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const sleeper = { atMs: this.#elapsedMs + ms, wake: resolve };
    const onAbort = () => reject(signal?.reason as Error);
    this.#sleepers.add(sleeper);
    signal?.addEventListener('abort', onAbort, { once: true });
    try {
      await promise;
    } finally {
      this.#sleepers.delete(sleeper);
      signal?.removeEventListener('abort', onAbort);
    }
  }

  /** Turns time on; each sleeper wakes at its own moment, and what it does then runs before the next wakes. */
  async advance(ms: number): Promise<void> {
    const untilMs = this.#elapsedMs + ms;
    for (;;) {
      await settled();
      const due = [...this.#sleepers].filter(({ atMs }) => atMs <= untilMs).toSorted((a, b) => a.atMs - b.atMs)[0];
      if (due === undefined) break;
      this.#elapsedMs = Math.max(this.#elapsedMs, due.atMs);
      this.#sleepers.delete(due);
      due.wake();
    }
    this.#elapsedMs = untilMs;
  }
}

/** Lets promises that are ready run. */
function settled(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
