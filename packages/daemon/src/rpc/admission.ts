import { setImmediate } from 'node:timers/promises';
import type { RpcLimits } from './limits.ts';

/** Lets a connection's calls begin: not too many at once, and not for so long that others wait. */
export class Admission {
  readonly #limits: Pick<RpcLimits, 'maxCallsInFlight' | 'turnMs'>;
  #inFlight = 0;
  #turnStartedAt = 0;
  readonly #watchers: (() => void)[] = [];

  constructor(limits: Pick<RpcLimits, 'maxCallsInFlight' | 'turnMs'>) {
    this.#limits = limits;
  }

  /** Others have just had their turn. */
  startTurn(): void {
    this.#turnStartedAt = performance.now();
  }

  /** Resolves when the next call may begin. */
  async admit(): Promise<void> {
    if (performance.now() - this.#turnStartedAt > this.#limits.turnMs) {
      await setImmediate();
      this.startTurn();
    }
    while (this.#inFlight >= this.#limits.maxCallsInFlight) {
      await new Promise<void>((resolve) => {
        this.#watchers.push(resolve);
      });
    }
  }

  /** Counts the call as in flight until it is over. */
  async count<T>(call: () => T | Promise<T>): Promise<T> {
    this.#inFlight += 1;
    try {
      return await call();
    } finally {
      this.#inFlight -= 1;
      for (const wake of this.#watchers.splice(0)) wake();
    }
  }
}
