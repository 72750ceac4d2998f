import { expect, test } from 'vitest';
import { createLocks } from './create-locks.ts';
import type { CreateVmLease, ImageOpsLease, LeafLease, VmLease } from './types.ts';

const signal = new AbortController().signal;

/** Never runs: `tsc -p tsconfig.json` reads it, and fails when a line marked here compiles. */
export async function wrongOrdersDoNotCompile(
  vm: VmLease,
  createVm: CreateVmLease,
  imageOps: ImageOpsLease,
  leaf: LeafLease,
): Promise<void> {
  await vm.createVm(signal);
  await vm.imageOps(signal);
  await vm.leaf('taps.pool', signal);
  await createVm.leaf('taps.pool', signal);
  await imageOps.leaf('taps.pool', signal);

  // @ts-expect-error a VM lock comes first: a lease of it leads to no other VM
  await vm.vm('0', signal);
  // @ts-expect-error several VMs are locked at once, from the root
  await vm.lockVms(['0'], signal);
  // @ts-expect-error no VM lock behind createVm
  await createVm.vm('0', signal);
  // @ts-expect-error the two in the middle are never nested
  await createVm.imageOps(signal);
  // @ts-expect-error no VM lock behind imageOps
  await imageOps.vm('0', signal);
  // @ts-expect-error the two in the middle are never nested
  await imageOps.createVm(signal);
  // @ts-expect-error nothing is taken behind a leaf
  await leaf.leaf('other.leaf', signal);
  // @ts-expect-error nothing is taken behind a leaf
  await leaf.createVm(signal);
  // @ts-expect-error nothing is taken behind a leaf
  await leaf.vm('0', signal);

  const needsCreateVm = (_lease: CreateVmLease): void => {};
  needsCreateVm(createVm);
  // @ts-expect-error a mutator gets the very lease that it demands
  needsCreateVm(imageOps);
  // @ts-expect-error no other lease passes for it, even one that leads to it
  needsCreateVm(vm);
  const needsVm = (_lease: VmLease): void => {};
  // @ts-expect-error a lease cannot be made by hand
  needsVm({ vmIds: ['0'], release() {}, assertHeld() {}, assertCovers() {} });
}

test('what the types forbid is not there at run time either', async () => {
  const locks = createLocks();
  await locks.scope(async () => {
    await using createVm = await locks.root.createVm(signal);
    await using leaf = await createVm.leaf('taps.pool', signal);
    expect(Object.keys(createVm).sort()).toEqual(['assertHeld', 'leaf', 'release']);
    expect(Object.keys(leaf).sort()).toEqual(['assertHeld', 'release']);
  });
});
