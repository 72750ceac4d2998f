/** A party at one lock, as the diagnostics show it. */
export interface Party<Tag> {
  readonly tag: Tag;
  readonly sinceMs: number;
}

interface Waiter<Tag> extends Party<Tag> {
  readonly grant: () => void;
}

interface Entry<Tag> {
  holder: Party<Tag>;
  readonly waiters: Waiter<Tag>[];
}

/** Mutexes by key, first come, first served. A key that nobody holds or waits for takes no memory. */
export class KeyedMutex<Tag> {
  readonly #entries = new Map<string, Entry<Tag>>();
  readonly #nowMs: () => number;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /**
   * Resolves to the release function, which may be called once.
   * @throws the signal's reason when it is aborted before the lock was granted.
   */
  async acquire(key: string, tag: Tag, signal: AbortSignal): Promise<() => void> {
    signal.throwIfAborted();
    const entry = this.#entries.get(key);
    if (entry === undefined) {
      this.#entries.set(key, { holder: { tag, sinceMs: this.#nowMs() }, waiters: [] });
    } else {
      await this.#wait(entry, tag, signal);
    }
    return () => this.#release(key);
  }

  entries(): readonly { readonly key: string; readonly holder: Party<Tag>; readonly waiters: readonly Party<Tag>[] }[] {
    return [...this.#entries].map(([key, { holder, waiters }]) => ({ key, holder, waiters }));
  }

  #wait(entry: Entry<Tag>, tag: Tag, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const giveUp = (): void => {
        entry.waiters.splice(entry.waiters.indexOf(waiter), 1);
        reject(signal.reason as Error);
      };
      const grant = (): void => {
        signal.removeEventListener('abort', giveUp);
        resolve();
      };
      const waiter: Waiter<Tag> = { tag, sinceMs: this.#nowMs(), grant };
      signal.addEventListener('abort', giveUp, { once: true });
      entry.waiters.push(waiter);
    });
  }

  #release(key: string): void {
    const entry = this.#entries.get(key);
    const next = entry?.waiters.shift();
    if (entry === undefined || next === undefined) {
      this.#entries.delete(key);
      return;
    }
    // Handed over directly: whoever asks in between queues up behind.
    entry.holder = { tag: next.tag, sinceMs: this.#nowMs() };
    next.grant();
  }
}
