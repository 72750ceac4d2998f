/** Keeps one kind of lease from passing as another, or a plain object as a lease. */
declare const kind: unique symbol;

/** A lock that is held. Released by `release` or the end of an `await using` block, whichever comes first. */
interface Lease<Kind extends string> extends AsyncDisposable, Disposable {
  readonly [kind]: Kind;
  release(): void;
  /** For mutators that demand this lease. @throws LockOrderError when it was released already. */
  assertHeld(): void;
}

/** The way to a leaf lock; each lease of the ranks above is one. */
export interface LeafSource {
  /** A room's own lock, named `room.what`: TAP pool, session registry. Nothing is taken while it is held. */
  leaf(name: string, signal: AbortSignal): Promise<LeafLease>;
}

/** The way to the two middle locks, which are never held together. */
export interface MiddleSource extends LeafSource {
  /** Covers the choice of a free name and guest address, and no more. */
  createVm(signal: AbortSignal): Promise<CreateVmLease>;
  /** Covers changes of the image registry, and no more. */
  imageOps(signal: AbortSignal): Promise<ImageOpsLease>;
}

/** The way to the first lock. Each acquisition belongs to the scope that is current, see `Locks.scope`. */
export interface LockRoot extends MiddleSource {
  vm(id: string, signal: AbortSignal): Promise<VmLease>;
  /** Several VMs under one lease, locked in the order of their ids. */
  lockVms(ids: readonly string[], signal: AbortSignal): Promise<VmLease>;
}

export interface VmLease extends Lease<'vm'>, MiddleSource {
  /** In the order in which they were locked. */
  readonly vmIds: readonly string[];
  /** For mutators of one VM. @throws LockOrderError when it was released, or is about another VM. */
  assertCovers(vmId: string): void;
}

export interface CreateVmLease extends Lease<'createVm'>, LeafSource {}
export interface ImageOpsLease extends Lease<'imageOps'>, LeafSource {}
export type LeafLease = Lease<'leaf'>;

/** One lock as it is now, for diagnostics. */
export interface LockState {
  /** `vm:<id>`, `createVm`, `imageOps`, `leaf:<name>`. */
  readonly lock: string;
  readonly holder: LockParty;
  /** First come, first served. */
  readonly waiters: readonly LockParty[];
}

export interface LockParty {
  /** Label of the scope, for example an operation's id; empty when it has none. */
  readonly scope: string;
  /** Since it holds or waits, in milliseconds. */
  readonly forMs: number;
}

/**
 * All locks of a daemon: `vm -> { createVm | imageOps } -> leaf`. Types allow no other order; at run time each scope
 * knows what it and the scopes around it hold, and refuses what would break the order (LockOrderError).
 * Acquisition is first come, first served; an aborted signal ends a wait with the signal's reason.
 */
export interface Locks {
  readonly root: LockRoot;
  /**
   * One flow of work that takes locks one after the other. Branches that run side by side take a scope each.
   * A lease that is still held when `body` has ended is released, and reported as LockOrderError.
   */
  scope<T>(body: () => Promise<T>, label?: string): Promise<T>;
  /** A scope that knows nothing of its caller: for work that outlives the leases of whoever starts it. */
  runDetached<T>(body: () => Promise<T>, label?: string): Promise<T>;
  /** A scope of its own around one lock. */
  withVm<T>(id: string, signal: AbortSignal, body: (lease: VmLease) => Promise<T>): Promise<T>;
  withVms<T>(ids: readonly string[], signal: AbortSignal, body: (lease: VmLease) => Promise<T>): Promise<T>;
  withCreateVm<T>(signal: AbortSignal, body: (lease: CreateVmLease) => Promise<T>): Promise<T>;
  withImageOps<T>(signal: AbortSignal, body: (lease: ImageOpsLease) => Promise<T>): Promise<T>;
  withLeaf<T>(name: string, signal: AbortSignal, body: (lease: LeafLease) => Promise<T>): Promise<T>;
  /** What is held and waited for; empty when nothing is. */
  snapshot(): readonly LockState[];
}
