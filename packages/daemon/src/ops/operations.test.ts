import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { dieAt, OpsTrial, type Things } from './testing.ts';

let trial: OpsTrial;
let things: Things;

beforeEach(() => {
  trial = new OpsTrial();
  ({ things } = trial);
});
afterEach(() => {
  trial[Symbol.dispose]();
  expect(trial.lost).toEqual([]);
});

describe('an operation', () => {
  it('runs its steps in order and commits', async () => {
    const ops = trial.operations();
    const { id } = ops.begin('things.make', { names: ['a', 'b'] });
    const view = await ops.ended(id);
    expect(view).toMatchObject({ state: 'succeeded', subject: 'a+b', error: null });
    expect(view.stages.map(({ name, state }) => [name, state])).toEqual([
      ['stage a', 'done'],
      ['stage b', 'done'],
    ]);
    expect([...things.present]).toEqual(['a', 'b']);
    expect(things.ended).toEqual(['committed a+b']);
  });

  it('undoes in reverse what it made, the failed step too', async () => {
    things.failing.add('b');
    const ops = trial.operations();
    const view = await ops.ended(ops.begin('things.make', { names: ['a', 'b', 'c'] }).id);
    expect(view).toMatchObject({ state: 'failed', error: { code: 'disk_full' } });
    expect(things.log).toEqual(['make a', 'make b', 'undo b', 'undo a']);
    expect(things.present.size).toBe(0);
    expect(things.ended).toEqual(['rolled back a+b+c: disk_full']);
  });

  it('is undone when it is cancelled', async () => {
    things.stuck.add('b');
    const ops = trial.operations();
    const begun = ops.begin('things.make', { names: ['a', 'b'] });
    let view = begun;
    while (view.stages[1]?.message !== 'making b')
      view = await ops.statusAfter(begun.id, view.version, 1000, AbortSignal.timeout(5000));
    expect(view.stages[1]).toMatchObject({ state: 'running', fraction: 0.5 });
    ops.cancel(begun.id);
    expect(await ops.ended(begun.id)).toMatchObject({ state: 'cancelled', error: { code: 'operation_cancelled' } });
    expect(things.present.size).toBe(0);
  });

  it('says what could not be undone, undoes the rest, and tries again after a restart', async () => {
    things.failing = new Set(['c', 'undo b']);
    const ops = trial.operations();
    const { id } = ops.begin('things.make', { names: ['a', 'b', 'c'] });
    const view = await ops.ended(id);
    expect(view).toMatchObject({ state: 'failed', error: { code: 'undo_incomplete' } });
    expect([...things.present]).toEqual(['b']);
    things.failing.clear();
    await trial.operations().recover();
    expect(things.present.size).toBe(0);
    expect(trial.store.journal.unfinished()).toEqual([]);
  });
});

describe('after a crash', () => {
  for (const [kind, type] of [
    ['things.make', 'thing.make'],
    ['things.remove', 'thing.remove'],
  ] as const) {
    for (const moment of ['intended', 'acted', 'recorded']) {
      it(`${kind} killed at ${moment} is ${kind === 'things.make' ? 'undone' : 'finished'}`, async () => {
        things.present.clear();
        if (kind === 'things.remove') for (const name of ['a', 'b']) things.present.add(name);
        const { failpoint, died } = dieAt(`${kind}:${type}:${moment}`);
        const { id } = trial.operations(failpoint).begin(kind, { names: ['a', 'b'] });
        await died;
        const next = trial.operations();
        await next.recover();
        expect(things.present.size).toBe(0);
        const undone = { state: 'failed', error: { code: 'operation_interrupted' } };
        expect(next.status(id)).toMatchObject(kind === 'things.make' ? undone : { state: 'succeeded', error: null });
        expect(trial.store.journal.unfinished()).toEqual([]);
      });
    }
  }
});

describe('idempotency', () => {
  it('gives an equal call the same operation, also after a restart', async () => {
    const first = trial.operations();
    const { id } = first.begin('things.make', { names: ['a'] }, { idempotencyKey: 'key-00001' });
    await first.ended(id);
    expect(first.begin('things.make', { names: ['a'] }, { idempotencyKey: 'key-00001' }).id).toBe(id);
    expect(trial.operations().begin('things.make', { names: ['a'] }, { idempotencyKey: 'key-00001' }).id).toBe(id);
    expect(things.log).toEqual(['make a']);
  });

  it('refuses the key for another call', async () => {
    const ops = trial.operations();
    await ops.ended(ops.begin('things.make', { names: ['a'] }, { idempotencyKey: 'key-00001' }).id);
    expect(() => ops.begin('things.make', { names: ['b'] }, { idempotencyKey: 'key-00001' })).toThrow(/used before/);
  });

  it('says which operation a call began, without beginning one', async () => {
    const ops = trial.operations();
    expect(ops.begunBefore('things.make', { names: ['a'] }, 'key-00001')).toBeUndefined();
    const { id } = ops.begin('things.make', { names: ['a'] }, { idempotencyKey: 'key-00001' });
    expect(ops.begunBefore('things.make', { names: ['a'] }, 'key-00001')).toMatchObject({ id });
    expect(() => ops.begunBefore('things.make', { names: ['b'] }, 'key-00001')).toThrow(/used before/);
    await ops.ended(id);
  });

  it('does an interrupted call again', async () => {
    const { failpoint, died } = dieAt('things.make:thing.make:acted');
    const { id } = trial.operations(failpoint).begin('things.make', { names: ['a'] }, { idempotencyKey: 'key-00001' });
    await died;
    const next = trial.operations();
    await next.recover();
    const again = next.begin('things.make', { names: ['a'] }, { idempotencyKey: 'key-00001' });
    expect(again.id).not.toBe(id);
    expect(await next.ended(again.id)).toMatchObject({ state: 'succeeded' });
  });
});

describe('operations that share one run', () => {
  it('are one, with one key each', async () => {
    const ops = trial.operations();
    things.stuck.add('a');
    const first = ops.begin('things.fetch', { names: ['a'] }, { idempotencyKey: 'key-00001' });
    const second = ops.begin('things.fetch', { names: ['a'] }, { idempotencyKey: 'key-00002' });
    expect(second.id).toBe(first.id);
    ops.cancel(first.id);
    await ops.ended(first.id);
    expect(ops.begin('things.fetch', { names: ['a'] }, { idempotencyKey: 'key-00002' }).id).toBe(first.id);
  });

  it('do not share one that was cancelled', async () => {
    const ops = trial.operations();
    things.stuck.add('a');
    const first = ops.begin('things.fetch', { names: ['a'] });
    ops.cancel(first.id);
    things.stuck.clear();
    const second = ops.begin('things.fetch', { names: ['a'] });
    expect(second.id).not.toBe(first.id);
    expect(await ops.ended(second.id)).toMatchObject({ state: 'succeeded' });
    expect(await ops.ended(first.id)).toMatchObject({ state: 'cancelled' });
  });
});

describe('what takes too long', () => {
  it('a step is aborted at its deadline, and undone', async () => {
    things.stuck.add('slow');
    const ops = trial.operations();
    const view = await ops.ended(ops.begin('things.make', { names: ['slow'] }).id);
    expect(view).toMatchObject({ state: 'failed', error: { code: 'timeout' } });
    expect(view.error?.message).toBe('thing.make took longer than 0.02 s');
    expect(things.present.size).toBe(0);
  });

  it('an undo that never ends counts as failed, and the rest is undone', async () => {
    things.failing.add('b');
    things.dead.add('b');
    const ops = trial.operations();
    const view = await ops.ended(ops.begin('things.make', { names: ['a', 'b'] }).id);
    expect(view.error?.message).toContain('undoing thing.make took longer than 0.1 s');
    expect([...things.present]).toEqual(['b']);
  });
});

it('forgets ended operations after their time', async () => {
  let nowMs = Date.parse('2026-01-01T00:00:00Z');
  const clock = { now: () => new Date(nowMs), monotonicMs: () => nowMs, historyMs: 86_400_000 };
  const ops = trial.operations(undefined, clock);
  const { id } = ops.begin('things.make', { names: ['a'] });
  await ops.ended(id);
  nowMs += 2 * 86_400_000;
  await ops.ended(ops.begin('things.make', { names: ['b'] }).id);
  expect(() => ops.status(id)).toThrow(expect.objectContaining({ code: 'operation_not_found' }));
});

it('tells how each operation ended', async () => {
  const seen: string[] = [];
  const ops = trial.operations(undefined, { onEnded: ({ kind, state }) => void seen.push(`${kind} ${state}`) });
  await ops.ended(ops.begin('things.make', { names: ['a'] }).id);
  things.failing.add('b');
  await ops.ended(ops.begin('things.make', { names: ['b'] }).id);
  expect(seen).toEqual(['things.make succeeded', 'things.make failed']);
});

it('takes no two step types of one name', () => {
  expect(() => trial.operations(undefined, { stepTypes: [things.step, things.step] as never })).toThrow(
    'two step types are called thing.make',
  );
});
