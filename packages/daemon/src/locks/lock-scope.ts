import { LockOrderError } from './lock-order-error.ts';

/** The order of design: a lock may only be taken when all that are held have a lower rank. */
export const ranks = { vm: 1, createVm: 2, imageOps: 2, leaf: 3 } as const;
export type LockKind = keyof typeof ranks;

/** A lock that a scope holds or waits for. */
export interface Claim {
  readonly kind: LockKind;
  /** For messages: `vm:<id>`, `createVm`. */
  readonly name: string;
  /** @throws LockOrderError when it was released. */
  assertHeld(): void;
  release(): void;
}

/** One flow of work and what it holds; inner scopes see the claims of outer ones. */
export class LockScope {
  readonly label: string;
  readonly #outer: LockScope | undefined;
  readonly #claims: Claim[] = [];
  #ended = false;

  constructor(label: string, outer: LockScope | undefined) {
    this.label = label === '' ? (outer?.label ?? '') : label;
    // An ended scope has nothing to say; keeping it would chain up every scope that ever was.
    let living = outer;
    while (living?.ended === true) living = living.#outer;
    this.#outer = living;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** @throws LockOrderError when the order does not allow this claim now. */
  assertMayClaim(kind: LockKind, name: string): void {
    if (this.#ended) {
      throw new LockOrderError(`${name} is taken in a scope that has ended: start such work with runDetached()`);
    }
    for (const held of this.#heldAround()) {
      if (ranks[held.kind] < ranks[kind]) continue;
      throw new LockOrderError(
        `${name} must not be taken while ${held.name} is held or waited for` +
          (held.kind === 'vm' && kind === 'vm' ? ': lock several VMs at once with lockVms()' : ''),
      );
    }
  }

  add(claim: Claim): void {
    this.#claims.push(claim);
  }

  remove(claim: Claim): void {
    const index = this.#claims.indexOf(claim);
    if (index !== -1) this.#claims.splice(index, 1);
  }

  /** Releases in reverse what was left behind and names it. */
  end(): readonly string[] {
    this.#ended = true;
    const left = this.#claims.toReversed();
    for (const claim of left) claim.release();
    return left.map(({ name }) => name);
  }

  *#heldAround(): Iterable<Claim> {
    yield* this.#claims;
    if (this.#outer !== undefined) yield* this.#outer.#heldAround();
  }
}
