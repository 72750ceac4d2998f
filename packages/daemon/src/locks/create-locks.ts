import { Claims } from './claims.ts';
import { LockOrderError } from './lock-order-error.ts';
import type { Claim } from './lock-scope.ts';
import type {
  CreateVmLease,
  ImageOpsLease,
  LeafLease,
  LeafSource,
  LockRoot,
  Locks,
  MiddleSource,
  VmLease,
} from './types.ts';

export interface LocksOptions {
  /** Milliseconds that never go back; for the diagnostics. */
  readonly nowMs?: () => number;
}

/** The locks of one daemon. */
export function createLocks(options: LocksOptions = {}): Locks {
  const claims = new Claims(options.nowMs ?? (() => performance.now()));
  const root = makeRoot(claims);
  const scope: Locks['scope'] = (body, label = '') => claims.run(body, { label, detached: false });
  const within = <L extends AsyncDisposable, T>(take: () => Promise<L>, body: (lease: L) => Promise<T>): Promise<T> =>
    scope(async () => {
      await using lease = await take();
      return await body(lease);
    });

  return {
    root,
    scope,
    runDetached: (body, label = '') => claims.run(body, { label, detached: true }),
    withVm: (id, signal, body) => within(() => root.vm(id, signal), body),
    withVms: (ids, signal, body) => within(() => root.lockVms(ids, signal), body),
    withCreateVm: (signal, body) => within(() => root.createVm(signal), body),
    withImageOps: (signal, body) => within(() => root.imageOps(signal), body),
    withLeaf: (name, signal, body) => within(() => root.leaf(name, signal), body),
    snapshot: () => claims.snapshot(),
  };
}

function makeRoot(claims: Claims): LockRoot {
  const lockVms: LockRoot['lockVms'] = async (ids, signal) => {
    const vmIds = [...new Set(ids)].sort();
    const keys = vmIds.map((id) => `vm:${id}`);
    const claim = await claims.take('vm', keys, signal);
    const assertCovers = (id: string): void => {
      claim.assertHeld();
      if (!vmIds.includes(id)) throw new LockOrderError(`the lease of ${claim.name} does not cover vm:${id}`);
    };
    return lease<VmLease>(claim, { ...middleSource(claims, claim), vmIds, assertCovers });
  };
  return { ...middleSource(claims), lockVms, vm: (id, signal) => lockVms([id], signal) };
}

/** `parent` is the lease that the way leads through; it must still be held when the way is taken. */
function middleSource(claims: Claims, parent?: Claim): MiddleSource {
  return {
    ...leafSource(claims, parent),
    createVm: async (signal) => {
      parent?.assertHeld();
      const claim = await claims.take('createVm', ['createVm'], signal);
      return lease<CreateVmLease>(claim, leafSource(claims, claim));
    },
    imageOps: async (signal) => {
      parent?.assertHeld();
      const claim = await claims.take('imageOps', ['imageOps'], signal);
      return lease<ImageOpsLease>(claim, leafSource(claims, claim));
    },
  };
}

function leafSource(claims: Claims, parent?: Claim): LeafSource {
  return {
    leaf: async (name, signal) => {
      parent?.assertHeld();
      return lease<LeafLease>(await claims.take('leaf', [`leaf:${name}`], signal), {});
    },
  };
}

type Handle = 'release' | 'assertHeld' | typeof Symbol.dispose | typeof Symbol.asyncDispose;

/** The brand of a lease exists for the compiler alone, so the object is given its type here and nowhere else. */
function lease<L extends LeafLease | CreateVmLease | ImageOpsLease | VmLease>(
  claim: Claim,
  rest: Pick<L, Exclude<keyof L & string, Handle>>,
): L {
  const release = (): void => claim.release();
  return {
    ...rest,
    release,
    assertHeld: () => claim.assertHeld(),
    [Symbol.dispose]: release,
    [Symbol.asyncDispose]: async () => release(),
  } as unknown as L;
}
