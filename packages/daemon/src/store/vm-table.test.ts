import fc from 'fast-check';
import { expect, test } from 'vitest';
import { sampleVm, TempDir } from './testing.ts';
import type { VmRecord } from './types.ts';

test('a VM comes back as it was written, also after the database was opened again', () => {
  using dir = new TempDir();
  const running = sampleVm(1);
  const stopped = sampleVm(2, { state: 'stopped', stateReason: 'guest powered off', process: null, startedAt: null });
  const store = dir.open();
  store.vms.insert(running);
  store.vms.insert(stopped);
  store.close();
  const again = dir.open();
  expect(again.vms.get(running.id)).toEqual(running);
  expect(again.vms.list()).toEqual([running, stopped]);
  expect(again.vms.get('ffffffffffffffff')).toBeUndefined();
  again.close();
});

test('a taken name is refused with the VM that has it; so is a taken address', () => {
  using dir = new TempDir();
  const store = dir.open();
  store.vms.insert(sampleVm(1));
  store.vms.insert(sampleVm(2));
  const taken = { code: 'vm_name_taken', details: { name: 'vm-1', vm: sampleVm(1).id } };
  expect(() => store.vms.insert(sampleVm(3, { name: 'vm-1' }))).toThrow(expect.objectContaining(taken));
  expect(() => store.vms.update(sampleVm(2).id, { name: 'vm-1' })).toThrow(expect.objectContaining(taken));
  expect(() => store.vms.insert(sampleVm(3, { guestIp: sampleVm(1).guestIp }))).toThrow(
    expect.objectContaining({
      code: 'internal',
      details: expect.objectContaining({ sqlite: 'SQLITE_CONSTRAINT_UNIQUE' }),
    }),
  );
  store.vms.update(sampleVm(1).id, { name: 'vm-1', stateReason: 'kept its own name' });
  expect(store.vms.list().map((vm) => vm.name)).toEqual(['vm-1', 'vm-2']);
  store.close();
});

test('an update changes what it names and nothing else; one of an unknown VM is a defect', () => {
  using dir = new TempDir();
  const store = dir.open();
  store.vms.insert(sampleVm(1));
  store.vms.update(sampleVm(1).id, { state: 'stopped', process: null });
  expect(store.vms.get(sampleVm(1).id)).toEqual({ ...sampleVm(1), state: 'stopped', process: null });
  store.vms.update(sampleVm(1).id, {});
  expect(() => store.vms.update('ffffffffffffffff', { state: 'stopped' })).toThrow(/no row to update/);
  expect(() => store.vms.update(sampleVm(1).id, { state: 'flying' as VmRecord['state'] })).toThrow(/CHECK/);
  store.close();
});

test('a reference means the exact name or id first, then a prefix of either', () => {
  using dir = new TempDir();
  const store = dir.open();
  store.vms.insert(sampleVm(1, { id: 'abcd000000000001', name: 'web' }));
  store.vms.insert(sampleVm(2, { id: 'abcd000000000002', name: 'web-2' }));
  store.vms.insert(sampleVm(3, { id: 'ffff000000000003', name: 'abc' }));
  const names = (ref: string): string[] => store.vms.match(ref).map((vm) => vm.name);
  expect(names('web')).toEqual(['web']);
  expect(names('we')).toEqual(['web', 'web-2']);
  expect(names('web-')).toEqual(['web-2']);
  expect(names('abcd')).toEqual(['web', 'web-2']);
  expect(names('ab')).toEqual(['abc', 'web', 'web-2']);
  expect(names('ffff000000000003')).toEqual(['abc']);
  for (const nothing of ['', '%', '_eb', 'w%', 'WEB', 'w\\', 'eb', 'web\0', "' OR 1=1 --"]) {
    expect(names(nothing)).toEqual([]);
  }
  store.close();
});

test('addresses and images in use', () => {
  using dir = new TempDir();
  const store = dir.open();
  store.vms.insert(sampleVm(1));
  store.vms.insert(sampleVm(2, { imageId: 'fedcba9876543210' }));
  expect(store.vms.usedAddresses()).toEqual(new Set(['172.30.0.1', '172.30.0.2']));
  expect(store.vms.countByImage('fedcba9876543210')).toBe(1);
  store.vms.delete(sampleVm(2).id);
  store.vms.delete(sampleVm(2).id);
  expect(store.vms.usedAddresses()).toEqual(new Set(['172.30.0.1']));
  expect(store.vms.countByImage('fedcba9876543210')).toBe(0);
  store.close();
});

test('the list follows every write and every rollback: it always equals a fresh reading', () => {
  type Act = { readonly kind: 'insert' | 'update' | 'rename' | 'delete' | 'list'; readonly vm: number };
  const act = fc.record<Act>({
    kind: fc.constantFrom('insert', 'update', 'rename', 'delete', 'list'),
    vm: fc.nat({ max: 5 }),
  });
  const block = fc.record({ rollBack: fc.boolean(), acts: fc.array(act, { maxLength: 6 }) });
  fc.assert(
    fc.property(fc.array(block, { maxLength: 6 }), (blocks) => {
      using dir = new TempDir();
      const store = dir.open();
      for (const [round, { rollBack, acts }] of blocks.entries()) {
        try {
          store.transaction('normal', () => {
            for (const { kind, vm } of acts) {
              const known = store.vms.get(sampleVm(vm).id) !== undefined;
              if (kind === 'insert' && !known) store.vms.insert(sampleVm(vm));
              if (kind === 'update' && known) store.vms.update(sampleVm(vm).id, { stateReason: `round ${round}` });
              if (kind === 'rename' && known) store.vms.update(sampleVm(vm).id, { name: `r${round}-${vm}` });
              if (kind === 'delete') store.vms.delete(sampleVm(vm).id);
              if (kind === 'list') store.vms.list();
            }
            if (rollBack) throw new Error('roll back');
          });
        } catch (error) {
          expect((error as Error).message).toBe('roll back');
        }
      }
      const listed = store.vms.list();
      store.close();
      const fresh = dir.open();
      expect(listed).toEqual(fresh.vms.list());
      fresh.close();
    }),
    { numRuns: 40, seed: 20260301 },
  );
});

test('1,000 VMs are listed in a few milliseconds, and in well under one after that', () => {
  using dir = new TempDir();
  const store = dir.open();
  store.transaction('normal', () => {
    for (let number = 0; number < 1000; number++) store.vms.insert(sampleVm(number));
  });
  store.vms.list();
  const durations = Array.from({ length: 21 }, (_, round) => {
    store.vms.update(sampleVm(round).id, { stateReason: 'changed' });
    const start = performance.now();
    expect(store.vms.list()).toHaveLength(1000);
    return performance.now() - start;
  });
  // The median, with room for a busy machine; measured 0.1 ms.
  expect(durations.sort((a, b) => a - b)[10]).toBeLessThan(3);
  store.close();
});
