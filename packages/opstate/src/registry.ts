/** What every operation has; the rest of it is its owner's. */
export interface AsyncOp {
  readonly id: string;
}

/** An operation as it was at one version. */
export type Snapshot<T extends AsyncOp> = T & {
  /** 1 at the beginning, one more with each change. */
  readonly version: number;
  /** Nothing changes any more. */
  readonly ended: boolean;
};

export interface RegistryOptions {
  /** Ended operations are forgotten after this time, 10 minutes unless told. */
  readonly keepEndedMs?: number;
  /** At most so many ended operations are kept, 1000 unless told; the oldest go first. */
  readonly keepEndedCount?: number;
  /** A clock that never goes back, in milliseconds. */
  readonly nowMs?: () => number;
}

export interface WaitOptions {
  /** Milliseconds after which the unchanged snapshot is the answer; without it only `signal` ends the wait. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

interface Entry<T extends AsyncOp> {
  snapshot: Snapshot<T>;
  readonly controller: AbortController;
  readonly waiters: Set<() => void>;
  endedAtMs: number | undefined;
}

const DEFAULT_KEEP_ENDED_MS = 10 * 60_000;
const DEFAULT_KEEP_ENDED_COUNT = 1000;

/** Operations in flight and those that ended lately; whoever waits for a change is told at once. In memory, no I/O. */
export class Registry<T extends AsyncOp> {
  // A map keeps the order of insertion: `end` inserts again, so that ended ones are in order of their end.
  readonly #entries = new Map<string, Entry<T>>();
  readonly #keepEndedMs: number;
  readonly #keepEndedCount: number;
  readonly #nowMs: () => number;

  constructor(options: RegistryOptions = {}) {
    this.#keepEndedMs = options.keepEndedMs ?? DEFAULT_KEEP_ENDED_MS;
    this.#keepEndedCount = options.keepEndedCount ?? DEFAULT_KEEP_ENDED_COUNT;
    this.#nowMs = options.nowMs ?? (() => performance.now());
  }

  /**
   * Adds an operation that runs from now on.
   * @returns the signal that `cancel` aborts; the operation itself has to follow it.
   * @throws Error when the id is known already.
   */
  begin(value: T): AbortSignal {
    this.prune();
    if (this.#entries.has(value.id)) throw new Error(`operation ${value.id} exists already`);
    const controller = new AbortController();
    const snapshot = { ...value, version: 1, ended: false };
    this.#entries.set(value.id, { snapshot, controller, waiters: new Set(), endedAtMs: undefined });
    return controller.signal;
  }

  get(id: string): Snapshot<T> | undefined {
    return this.#entries.get(id)?.snapshot;
  }

  /** All that are known, running ones first. */
  list(): readonly Snapshot<T>[] {
    const all = [...this.#entries.values()].map((entry) => entry.snapshot);
    return [...all.filter((snapshot) => !snapshot.ended), ...all.filter((snapshot) => snapshot.ended)];
  }

  /**
   * Replaces the operation and tells all who wait.
   * @throws Error when the operation is unknown or has ended: a late change is a defect of its owner.
   */
  update(id: string, change: (op: Snapshot<T>) => T): Snapshot<T> {
    return this.#change(id, change, false);
  }

  /** As `update`, for the last time. */
  end(id: string, change: (op: Snapshot<T>) => T = (op) => op): Snapshot<T> {
    return this.#change(id, change, true);
  }

  /** Aborts the operation's signal; its owner ends it. False when it is unknown or has ended. Twice does no harm. */
  cancel(id: string, reason?: unknown): boolean {
    const entry = this.#entries.get(id);
    if (entry === undefined || entry.snapshot.ended) return false;
    entry.controller.abort(reason);
    return true;
  }

  /**
   * Resolves with the first snapshot whose version is above `afterVersion`: at once when there is one, or when the
   * operation has ended. With the unchanged one after `timeoutMs`; with undefined when the operation is unknown.
   * @throws the signal's reason when aborted.
   */
  async waitForChange(id: string, afterVersion: number, options: WaitOptions = {}): Promise<Snapshot<T> | undefined> {
    const { timeoutMs, signal } = options;
    signal?.throwIfAborted();
    const entry = this.#entries.get(id);
    if (entry === undefined || entry.snapshot.ended || entry.snapshot.version > afterVersion) return entry?.snapshot;

    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const onAbort = () => reject(signal?.reason as Error);
    const timer = timeoutMs === undefined ? undefined : setTimeout(resolve, timeoutMs);
    entry.waiters.add(resolve);
    signal?.addEventListener('abort', onAbort, { once: true });
    try {
      await promise;
    } finally {
      clearTimeout(timer);
      entry.waiters.delete(resolve);
      signal?.removeEventListener('abort', onAbort);
    }
    return entry.snapshot;
  }

  /** Forgets what ended too long ago; `begin` calls it, so no timer is needed. */
  prune(): void {
    const ended = [...this.#entries].filter(([, entry]) => entry.endedAtMs !== undefined);
    const oldest = this.#nowMs() - this.#keepEndedMs;
    const excess = ended.length - this.#keepEndedCount;
    for (const [index, [id, entry]] of ended.entries()) {
      if (index < excess || (entry.endedAtMs ?? oldest) < oldest) this.#entries.delete(id);
    }
  }

  #change(id: string, change: (op: Snapshot<T>) => T, ended: boolean): Snapshot<T> {
    const entry = this.#entries.get(id);
    if (entry === undefined || entry.snapshot.ended) {
      throw new Error(`operation ${id} ${entry === undefined ? 'is unknown' : 'has ended'}: it cannot change`);
    }
    entry.snapshot = { ...change(entry.snapshot), version: entry.snapshot.version + 1, ended };
    if (ended) {
      entry.endedAtMs = this.#nowMs();
      this.#entries.delete(id);
      this.#entries.set(id, entry);
    }
    for (const wake of entry.waiters) wake();
    return entry.snapshot;
  }
}
