import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { dieAt, OpsTrial, type Things } from './testing.ts';

const never = new AbortController().signal;
let trial: OpsTrial;
let things: Things;

beforeEach(() => {
  trial = new OpsTrial();
  ({ things } = trial);
});
afterEach(() => trial[Symbol.dispose]());

describe('a daemon that closes', () => {
  it('undoes what can be undone, and frees its key for the next daemon', async () => {
    things.stuck.add('b');
    const ops = trial.operations();
    const { id } = ops.begin('things.make', { names: ['a', 'b'] }, { idempotencyKey: 'key-00001' });
    await expect.poll(() => things.present.size).toBe(2);
    await ops.close();
    expect(things.present.size).toBe(0);
    expect(ops.status(id)).toMatchObject({ state: 'failed', error: { code: 'operation_interrupted' } });
    things.stuck.clear();
    const next = trial.operations();
    const again = next.begin('things.make', { names: ['a', 'b'] }, { idempotencyKey: 'key-00001' });
    expect(again.id).not.toBe(id);
    await next.ended(again.id);
  });

  it('leaves what leads on to the next daemon', async () => {
    things.present.add('a');
    things.stuck.add('a');
    const ops = trial.operations();
    const { id } = ops.begin('things.remove', { names: ['a'] });
    await expect.poll(() => things.log).toEqual(['remove a']);
    await ops.close();
    expect(trial.store.journal.get(id)).toMatchObject({ state: 'running', error: null, endedAt: null });
    things.stuck.clear();
    const next = trial.operations();
    await next.recover();
    expect(next.status(id)).toMatchObject({ state: 'succeeded' });
    expect(things.present.size).toBe(0);
  });

  it('begins nothing any more', async () => {
    const ops = trial.operations();
    await ops.close();
    expect(ops.closing).toBe(true);
    expect(() => ops.begin('things.make', { names: ['a'] })).toThrow(
      expect.objectContaining({ code: 'shutting_down' }),
    );
  });
});

describe('after a restart', () => {
  it('the first cause of a failure counts, not the crash during its undo', async () => {
    things.failing.add('b');
    const { failpoint, died } = dieAt('things.make:thing.make:undone');
    const ops = trial.operations(failpoint);
    const { id } = ops.begin('things.make', { names: ['a', 'b'] });
    await died;
    expect(ops.status(id)).toMatchObject({ state: 'running', error: null });
    const next = trial.operations();
    await next.recover();
    expect(next.status(id)).toMatchObject({ state: 'failed', error: { code: 'disk_full' } });
    expect(things.present.size).toBe(0);
  });

  it('an undo that was incomplete ends with the cause of the failure', async () => {
    things.failing = new Set(['b', 'undo b']);
    const ops = trial.operations();
    const { id } = ops.begin('things.make', { names: ['b'] });
    expect((await ops.ended(id)).error).toMatchObject({
      code: 'undo_incomplete',
      details: { left: expect.anything() },
    });
    things.failing.clear();
    const next = trial.operations();
    expect(next.status(id)).toMatchObject({ state: 'failed', error: { code: 'undo_incomplete' } });
    await next.recover();
    expect(next.status(id)).toMatchObject({ state: 'failed', error: { code: 'disk_full', message: 'no room for b' } });
  });

  it('an operation can be waited for before it is recovered', async () => {
    const { failpoint, died } = dieAt('things.make:thing.make:acted');
    const { id } = trial.operations(failpoint).begin('things.make', { names: ['a'] });
    await died;
    const next = trial.operations();
    const { version, state } = next.status(id);
    expect(state).toBe('running');
    const changed = next.statusAfter(id, version, 60_000, never);
    await next.recover();
    expect((await changed).version).toBeGreaterThan(version);
  });

  it('an operation can be cancelled before it is recovered', async () => {
    const { failpoint, died } = dieAt('things.remove:thing.remove:intended');
    const { id } = trial.operations(failpoint).begin('things.remove', { names: ['a'] });
    await died;
    const next = trial.operations();
    next.cancel(id);
    await next.recover();
    expect(next.status(id)).toMatchObject({ state: 'cancelled' });
    expect(things.log).toEqual([]);
  });

  it('what nobody knows any more is shown, and hinders nothing else', async () => {
    const one = dieAt('things.make:thing.make:acted');
    const first = trial.operations(one.failpoint).begin('things.make', { names: ['a'] });
    await one.died;
    const two = dieAt('things.remove:thing.remove:intended');
    const second = trial.operations(two.failpoint).begin('things.remove', { names: ['z'] });
    await two.died;
    const kinds = { operationTypes: things.operationTypes.filter(({ kind }) => kind !== 'things.remove') as never };
    const next = trial.operations(undefined, kinds);
    await next.recover();
    expect(next.status(first.id)).toMatchObject({ error: { code: 'operation_interrupted' } });
    expect(next.status(second.id)).toMatchObject({ state: 'failed', error: { code: 'internal' } });
    expect(trial.lost).toEqual(['Error: no operation type is called things.remove']);
    expect(trial.store.journal.unfinished().map(({ id }) => id)).toEqual([second.id]);
  });

  it('a step type that is gone counts as not undone', async () => {
    const { failpoint, died } = dieAt('things.make:thing.make:acted');
    const { id } = trial.operations(failpoint).begin('things.make', { names: ['a'] });
    await died;
    const next = trial.operations(undefined, { stepTypes: [] });
    await next.recover();
    expect(next.status(id).error).toMatchObject({ code: 'undo_incomplete' });
  });
});

describe('an undo that was incomplete', () => {
  it('is not taken up again once its subject was cleared up and made anew', async () => {
    things.failing = new Set(['b', 'undo b']);
    const ops = trial.operations();
    const { id } = ops.begin('things.make', { names: ['b'] });
    await ops.ended(id);
    things.failing.clear();
    await ops.ended(ops.begin('things.remove', { names: ['b'] }).id);
    await ops.ended(ops.begin('things.make', { names: ['b'] }).id);
    const next = trial.operations();
    await next.recover();
    expect([...things.present]).toEqual(['b']);
    expect(next.status(id)).toMatchObject({ state: 'failed', error: { code: 'undo_incomplete' } });
  });
});

describe('what fails after the end', () => {
  it('undoes nothing', async () => {
    things.onSettled = () => {
      throw new Error('the watch is broken');
    };
    const ops = trial.operations();
    const view = await ops.ended(ops.begin('things.make', { names: ['a'] }).id);
    expect(view).toMatchObject({ state: 'succeeded', error: null });
    expect([...things.present]).toEqual(['a']);
    expect(trial.lost).toEqual(['Error: the watch is broken']);
  });

  it('an end that cannot be written is a failure for who waits, and is tried again', async () => {
    things.failing.add('a');
    const broken = {
      ...things.operationTypes[0],
      rollback: () => {
        throw new Error('no space');
      },
    };
    const ops = trial.operations(undefined, { operationTypes: [broken] as never });
    const { id } = ops.begin('things.make', { names: ['a'] });
    expect(await ops.ended(id)).toMatchObject({ state: 'failed', error: { code: 'internal' } });
    expect(await ops.statusAfter(id, 1_000, 60_000, never)).toMatchObject({ state: 'failed' });
    const next = trial.operations();
    await next.recover();
    expect(next.status(id)).toMatchObject({ state: 'failed', error: { code: 'disk_full' } });
  });
});
