import { expect, test } from 'vitest';
import { createLocks } from './create-locks.ts';
import { LockOrderError } from './lock-order-error.ts';
import type { LockRoot, Locks } from './types.ts';

const { signal } = new AbortController();
const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

/** Opens from outside what a test holds inside. */
function gate(): { readonly opened: Promise<void>; open(): void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { opened: promise, open: resolve };
}

test('a lease leads to the next lock, and all are released in reverse', async () => {
  const locks = createLocks();
  await locks.scope(async () => {
    await using vm = await locks.root.vm('a', signal);
    {
      await using createVm = await vm.createVm(signal);
      await using _leaf = await createVm.leaf('taps.pool', signal);
      expect(locks.snapshot().map(({ lock }) => lock)).toEqual(['vm:a', 'createVm', 'leaf:taps.pool']);
    }
    expect(locks.snapshot().map(({ lock }) => lock)).toEqual(['vm:a']);
    await using _images = await vm.imageOps(signal);
  }, 'op-1');
  expect(locks.snapshot()).toEqual([]);
});

const order: readonly [string, (root: LockRoot) => Promise<AsyncDisposable>, (root: LockRoot) => Promise<unknown>][] = [
  ['vm behind vm', (root) => root.vm('a', signal), (root) => root.vm('b', signal)],
  ['the same vm again', (root) => root.vm('a', signal), (root) => root.vm('a', signal)],
  ['vm behind createVm', (root) => root.createVm(signal), (root) => root.vm('a', signal)],
  ['vm behind imageOps', (root) => root.imageOps(signal), (root) => root.vm('a', signal)],
  ['imageOps behind createVm', (root) => root.createVm(signal), (root) => root.imageOps(signal)],
  ['createVm behind imageOps', (root) => root.imageOps(signal), (root) => root.createVm(signal)],
  ['createVm again', (root) => root.createVm(signal), (root) => root.createVm(signal)],
  ['createVm behind a leaf', (root) => root.leaf('x', signal), (root) => root.createVm(signal)],
  ['vm behind a leaf', (root) => root.leaf('x', signal), (root) => root.vm('a', signal)],
  ['a leaf behind a leaf', (root) => root.leaf('x', signal), (root) => root.leaf('y', signal)],
];

test.each(order)(
  'run time refuses %s: in one scope, in an inner one, and a turn later',
  async (_name, first, second) => {
    const locks = createLocks();
    await locks.scope(async () => {
      await using _held = await first(locks.root);
      await expect(second(locks.root)).rejects.toThrow(LockOrderError);
      await expect(locks.scope(() => second(locks.root))).rejects.toThrow(LockOrderError);
      await expect(turn().then(() => second(locks.root))).rejects.toThrow(LockOrderError);
    });
    expect(locks.snapshot()).toEqual([]);
    // And nothing of it sticks: the second lock alone is fine.
    await locks.scope(async () => {
      await using _held = (await second(locks.root)) as AsyncDisposable;
    });
  },
);

test('two locks that one scope asks for side by side are refused, also when the first is free', async () => {
  const locks = createLocks();
  await locks.scope(async () => {
    const first = locks.root.vm('a', signal);
    await expect(locks.root.vm('b', signal)).rejects.toThrow(/lockVms/);
    (await first).release();
  });
});

test('branches that run side by side take a scope each', async () => {
  const locks = createLocks();
  const together = gate();
  let inside = 0;
  await locks.scope(() =>
    Promise.all(
      ['a', 'b', 'c'].map((id) =>
        locks.withVm(id, signal, async () => {
          if (++inside === 3) together.open();
          await together.opened;
        }),
      ),
    ),
  );
  expect(inside).toBe(3);
});

test('locks are taken in a scope only', async () => {
  const locks = createLocks();
  await expect(locks.root.vm('a', signal)).rejects.toThrow(LockOrderError);
  expect(locks.snapshot()).toEqual([]);
});

test('detached work knows nothing of the locks around it, work that is not detached does', async () => {
  const locks = createLocks();
  const background: Promise<string>[] = [];
  await locks.withVm('a', signal, async (lease) => {
    await using _createVm = await lease.createVm(signal);
    background.push(locks.runDetached(() => locks.withVm('b', signal, () => Promise.resolve('done'))));
    const attached = locks.scope(() => locks.withVm('b', signal, () => Promise.resolve('done')));
    await expect(attached).rejects.toThrow(LockOrderError);
  });
  expect(await Promise.all(background)).toEqual(['done']);
});

test('a scope that ends with a lock held releases it and says so; its own error goes first', async () => {
  const locks = createLocks();
  await expect(locks.scope(async () => void (await locks.root.vm('a', signal)))).rejects.toThrow(/vm:a was still held/);
  const failing = locks.scope(async () => {
    await locks.root.vm('a', signal);
    throw new Error('of its own');
  });
  await expect(failing).rejects.toThrow('of its own');
  expect(locks.snapshot()).toEqual([]);
});

test('a lock that was asked for in a scope that has ended is not left behind', async () => {
  const locks = createLocks();
  const release = gate();
  const holder = locks.withVm('a', signal, () => release.opened);
  let late: Promise<unknown> = Promise.resolve();
  const scope = locks.scope(async () => {
    late = locks.root.vm('a', signal);
    await turn();
  });
  await expect(scope).rejects.toThrow(/vm:a was still held/);
  const settled = Promise.allSettled([late]);
  release.open();
  await holder;
  expect(await settled).toMatchObject([{ status: 'rejected', reason: expect.any(LockOrderError) }]);
  expect(locks.snapshot()).toEqual([]);
});

test('work that goes on after its scope may take locks in a scope of its own, but not in the ended one', async () => {
  const locks = createLocks();
  const later = gate();
  const work: Promise<unknown>[] = [];
  await locks.withVm('a', signal, async () => {
    work.push(later.opened.then(() => locks.root.vm('b', signal)));
    work.push(later.opened.then(() => locks.withVm('a', signal, () => Promise.resolve('fine'))));
    await turn();
  });
  later.open();
  const [direct, scoped] = await Promise.allSettled(work);
  expect(direct).toMatchObject({ status: 'rejected', reason: expect.any(LockOrderError) });
  expect(scoped).toEqual({ status: 'fulfilled', value: 'fine' });
});

test('mutators can tell a lease that is over, or about another VM', async () => {
  const locks = createLocks();
  const lease = await locks.withVms(['b', 'a', 'b'], signal, async (held) => {
    expect(held.vmIds).toEqual(['a', 'b']);
    held.assertCovers('a');
    expect(() => held.assertCovers('c')).toThrow(LockOrderError);
    held.release();
    held.release();
    await expect(held.createVm(signal)).rejects.toThrow(/after its release/);
    return held;
  });
  expect(() => lease.assertHeld()).toThrow(LockOrderError);
  expect(() => lease.assertCovers('a')).toThrow(LockOrderError);
});

/** Lets several takers queue up behind a holder, in a known order. */
async function queue(
  locks: Locks,
  signals: readonly AbortSignal[],
): Promise<{ order: number[]; done: Promise<unknown> }> {
  const order: number[] = [];
  const release = gate();
  const holder = locks.withVm('a', signal, () => release.opened);
  const takers = signals.map((own, index) => locks.withVm('a', own, () => Promise.resolve(void order.push(index))));
  await turn();
  const done = Promise.allSettled([holder, ...takers]);
  setImmediate(release.open);
  return { order, done };
}

test('first come, first served', async () => {
  const { order, done } = await queue(createLocks(), [signal, signal, signal]);
  await done;
  expect(order).toEqual([0, 1, 2]);
});

test('an aborted wait ends with the reason of its signal and leaves the queue whole', async () => {
  const locks = createLocks();
  const abort = new AbortController();
  const { order, done } = await queue(locks, [signal, abort.signal, signal]);
  expect(locks.snapshot()[0]?.waiters).toHaveLength(3);
  abort.abort(new Error('not any more'));
  expect(locks.snapshot()[0]?.waiters).toHaveLength(2);
  expect(await done).toMatchObject([{}, {}, { status: 'rejected', reason: { message: 'not any more' } }, {}]);
  expect(order).toEqual([0, 2]);
  await expect(locks.withVm('a', abort.signal, () => Promise.resolve())).rejects.toThrow('not any more');
  expect(locks.snapshot()).toEqual([]);
});

test('a pair of VMs is given up as a whole when the wait for the second is aborted', async () => {
  const locks = createLocks();
  const release = gate();
  const holder = locks.withVm('b', signal, () => release.opened);
  const abort = new AbortController();
  const pair = locks.withVms(['b', 'a'], abort.signal, () => Promise.resolve());
  await turn();
  expect(locks.snapshot().map(({ lock }) => lock)).toEqual(['vm:b', 'vm:a']);
  abort.abort();
  await expect(pair).rejects.toThrow(/abort/i);
  expect(locks.snapshot().map(({ lock }) => lock)).toEqual(['vm:b']);
  release.open();
  await holder;
});

test('diagnostics show who holds and who waits, and for how long', async () => {
  let now = 100;
  const locks = createLocks({ nowMs: () => now });
  const release = gate();
  const holder = locks.scope(() => locks.withVm('a', signal, () => release.opened), 'vm.stop 77');
  now = 130;
  const waiter = locks.runDetached(() => locks.withVm('a', signal, () => Promise.resolve()), 'vm.delete 78');
  await turn();
  now = 150;
  expect(locks.snapshot()).toEqual([
    { lock: 'vm:a', holder: { scope: 'vm.stop 77', forMs: 50 }, waiters: [{ scope: 'vm.delete 78', forMs: 20 }] },
  ]);
  release.open();
  await Promise.all([holder, waiter]);
});
