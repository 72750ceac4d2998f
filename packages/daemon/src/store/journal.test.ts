import fc from 'fast-check';
import { expect, test } from 'vitest';
import { NOW, sampleOperation, sampleVm, TempDir } from './testing.ts';
import type { Json } from './types.ts';

const later = (ms: number): Date => new Date(NOW.getTime() + ms);
const HOUR_MS = 3_600_000;

test('operations come back as written; only the unfinished are unfinished, oldest first', () => {
  using dir = new TempDir();
  const { journal, close } = dir.open();
  const states = ['running', 'succeeded', 'preparing', 'failed', 'undoing', 'cancelled'] as const;
  const operations = states.map((state, index) => sampleOperation(9 - index, { state }));
  for (const operation of operations) journal.insert(operation);
  expect(journal.unfinished()).toEqual([operations[0], operations[2], operations[4]]);
  const error = { code: 'timeout', message: 'too slow', details: { waitedMs: 5 } } as const;
  journal.update(operations[0]!.id, { state: 'failed', error, endedAt: later(5).toISOString() });
  expect(journal.get(operations[0]!.id)).toEqual({
    ...operations[0],
    state: 'failed',
    subject: 'abc',
    error,
    endedAt: later(5).toISOString(),
  });
  expect(journal.get('ffffffffffffffff')).toBeUndefined();
  close();
});

test('steps are numbered from 0 across plans, and carry their outputs', () => {
  using dir = new TempDir();
  const { journal, close } = dir.open();
  const { id } = sampleOperation(1);
  journal.insert(sampleOperation(1));
  journal.planSteps(id, [
    { type: 'disk.root', stage: 'disks', intent: { path: '/x' } },
    { type: 'tap', stage: 'network', intent: null },
  ]);
  journal.planSteps(id, [{ type: 'vmm', stage: 'boot', intent: ['a'] }]);
  const planned = { state: 'planned', output: undefined, durationMs: null } as const;
  expect(journal.steps(id)).toEqual([
    { seq: 0, type: 'disk.root', stage: 'disks', intent: { path: '/x' }, ...planned },
    { seq: 1, type: 'tap', stage: 'network', intent: null, ...planned },
    { seq: 2, type: 'vmm', stage: 'boot', intent: ['a'], ...planned },
  ]);
  journal.updateStep(id, 0, { state: 'done', output: null, durationMs: 1.5 });
  journal.updateStep(id, 2, { state: 'intended' });
  expect(journal.steps(id)[0]).toMatchObject({ state: 'done', output: null, durationMs: 1.5 });
  expect(journal.steps(id)[2]).toMatchObject({ state: 'intended', output: undefined });
  journal.updateStep(id, 0, { state: 'undone', output: undefined });
  expect(journal.steps(id)[0]).toMatchObject({ state: 'undone', output: undefined });
  expect(() => journal.updateStep(id, 7, { state: 'done' })).toThrow(/no row to update/);
  expect(() => journal.planSteps('ffffffffffffffff', [{ type: 't', stage: 's', intent: 1 }])).toThrow(/FOREIGN KEY/);
  close();
});

test('a plan is written as a whole or not at all', () => {
  using dir = new TempDir();
  const { journal, close } = dir.open();
  journal.insert(sampleOperation(1));
  const { id } = sampleOperation(1);
  const broken = { type: 'b', stage: 's', intent: undefined as unknown as Json };
  expect(() => journal.planSteps(id, [{ type: 'a', stage: 's', intent: 1 }, broken])).toThrow(/NOT NULL/);
  expect(journal.steps(id)).toEqual([]);
  close();
});

test('any JSON survives as params, intent and output', () => {
  using dir = new TempDir();
  const { journal, close } = dir.open();
  let number = 0;
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const json = JSON.parse(JSON.stringify(value)) as Json;
      const { id } = sampleOperation(++number);
      journal.insert(sampleOperation(number, { params: json }));
      journal.planSteps(id, [{ type: 't', stage: 's', intent: json }]);
      journal.updateStep(id, 0, { output: json });
      expect(journal.get(id)?.params).toEqual(json);
      expect(journal.steps(id)[0]).toMatchObject({ intent: json, output: json });
    }),
    { numRuns: 100, seed: 7 },
  );
  close();
});

test('a key is known for 24 hours; bound again before that it is a conflict, afterwards free', () => {
  using dir = new TempDir();
  const { journal, close } = dir.open();
  journal.insert(sampleOperation(1));
  journal.insert(sampleOperation(2));
  const first = { key: 'key-0001', paramsDigest: 'aa', operation: sampleOperation(1).id };
  const second = { key: 'key-0001', paramsDigest: 'bb', operation: sampleOperation(2).id };
  journal.bindKey(first, NOW);
  expect(journal.findKey('key-0001', later(24 * HOUR_MS - 1))).toEqual(first);
  expect(() => journal.bindKey(second, later(24 * HOUR_MS - 1))).toThrow(
    expect.objectContaining({ code: 'idempotency_conflict' }),
  );
  expect(journal.findKey('key-0001', later(24 * HOUR_MS))).toBeUndefined();
  journal.bindKey(second, later(24 * HOUR_MS));
  expect(journal.findKey('key-0001', later(25 * HOUR_MS))).toEqual(second);
  expect(journal.findKey('key-0002', NOW)).toBeUndefined();
  close();
});

test('prune removes old ended operations with their steps, but none that is still asked for', () => {
  using dir = new TempDir();
  let now = NOW;
  const store = dir.open(() => now);
  const { journal } = store;
  const ended = { state: 'succeeded', endedAt: NOW.toISOString() } as const;
  journal.insert(sampleOperation(1, ended));
  journal.planSteps(sampleOperation(1).id, [{ type: 't', stage: 's', intent: 1 }]);
  journal.insert(sampleOperation(2, ended)); // the boot operation of a VM
  journal.insert(sampleOperation(3)); // unfinished
  journal.insert(sampleOperation(4, ended)); // named by a live key
  journal.insert(sampleOperation(5, { state: 'failed', endedAt: later(HOUR_MS).toISOString() })); // young
  store.vms.insert(sampleVm(1, { bootOperation: sampleOperation(2).id }));
  journal.bindKey({ key: 'key-0001', paramsDigest: 'aa', operation: sampleOperation(4).id }, NOW);
  const left = (): number[] =>
    [1, 2, 3, 4, 5].filter((number) => journal.get(sampleOperation(number).id) !== undefined);

  journal.prune(later(1));
  expect(left()).toEqual([2, 3, 4, 5]);
  expect(journal.steps(sampleOperation(1).id)).toEqual([]);

  now = later(24 * HOUR_MS);
  journal.prune(later(24 * HOUR_MS));
  expect(left()).toEqual([2, 3]);
  expect(journal.findKey('key-0001', NOW)).toBeUndefined();
  store.close();
});
