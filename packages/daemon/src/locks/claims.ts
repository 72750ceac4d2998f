import { AsyncLocalStorage } from 'node:async_hooks';
import { KeyedMutex } from './keyed-mutex.ts';
import { LockOrderError } from './lock-order-error.ts';
import type { Claim, LockKind } from './lock-scope.ts';
import { LockScope } from './lock-scope.ts';
import type { LockState } from './types.ts';

/** Who holds which lock in which scope; leases are made of its claims. */
export class Claims {
  readonly #nowMs: () => number;
  readonly #mutexes: KeyedMutex<LockScope>;
  readonly #current = new AsyncLocalStorage<LockScope>();

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
    this.#mutexes = new KeyedMutex(nowMs);
  }

  /** Runs `body` in a scope; a detached one sees nothing of the scopes around it. */
  async run<T>(body: () => Promise<T>, options: { readonly label: string; readonly detached: boolean }): Promise<T> {
    const scope = new LockScope(options.label, options.detached ? undefined : this.#current.getStore());
    let result: T;
    try {
      result = await this.#current.run(scope, body);
    } catch (error) {
      scope.end();
      throw error;
    }
    const left = scope.end();
    if (left.length > 0) throw new LockOrderError(`the scope ended while ${left.join(', ')} was still held`);
    return result;
  }

  /**
   * Takes the keys, all of one kind, in the order given, as one claim of the current scope.
   * @throws LockOrderError, or the signal's reason when it is aborted while waiting.
   */
  async take(kind: LockKind, keys: readonly string[], signal: AbortSignal): Promise<Claim> {
    const name = keys.join(' and ');
    const scope = this.#current.getStore();
    if (scope === undefined) throw new LockOrderError(`${name} is taken outside of scope() or runDetached()`);
    scope.assertMayClaim(kind, name);
    const claim = new HeldClaim(kind, name, scope);
    try {
      for (const key of keys) claim.hold(await this.#mutexes.acquire(key, scope, signal));
    } catch (error) {
      claim.release();
      throw error;
    }
    return claim;
  }

  snapshot(): readonly LockState[] {
    const now = this.#nowMs();
    const party = (one: { readonly tag: LockScope; readonly sinceMs: number }) => ({
      scope: one.tag.label,
      forMs: now - one.sinceMs,
    });
    return this.#mutexes
      .entries()
      .map(({ key, holder, waiters }) => ({ lock: key, holder: party(holder), waiters: waiters.map(party) }));
  }
}

/** Counts as held from the moment it is asked for, so that a scope cannot take two locks side by side. */
class HeldClaim implements Claim {
  readonly kind: LockKind;
  readonly name: string;
  readonly #scope: LockScope;
  readonly #releases: (() => void)[] = [];
  #released = false;

  constructor(kind: LockKind, name: string, scope: LockScope) {
    this.kind = kind;
    this.name = name;
    this.#scope = scope;
    scope.add(this);
  }

  hold(release: () => void): void {
    this.#releases.push(release);
    if (!this.#released) return;
    this.release();
    throw new LockOrderError(`the scope ended while ${this.name} was still waited for`);
  }

  assertHeld(): void {
    if (this.#released) throw new LockOrderError(`${this.name} is used after its release`);
  }

  release(): void {
    this.#released = true;
    this.#scope.remove(this);
    for (const release of this.#releases.splice(0).reverse()) release();
  }
}
