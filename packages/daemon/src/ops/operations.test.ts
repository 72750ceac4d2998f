import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { WireError } from '@banger/api-types';
import { systemClock } from '@banger/system';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BangerError } from '../errors.ts';
import { anyStep, forwardStep, planStep } from '../steps.ts';
import { openStore } from '../store/open.ts';
import type { Store } from '../store/types.ts';
import { Operations } from './operations.ts';
import type { Failpoint } from './step-runner.ts';
import type { OperationType, StepType } from './types.ts';

type Intent = { readonly thing: string };

/** A host of named things, and what a step of it does. */
class Things {
  readonly present = new Set<string>();
  readonly log: string[] = [];
  failing = new Set<string>();
  stuck = new Set<string>();

  readonly step: StepType<Intent, { made: string }> = {
    name: 'thing.make',
    do: async ({ thing }, { signal, progress }) => {
      progress(`making ${thing}`, 0.5);
      this.log.push(`make ${thing}`);
      this.present.add(thing);
      if (this.stuck.has(thing))
        await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
      if (this.failing.has(thing)) throw new BangerError('disk_full', `no room for ${thing}`);
      return { made: thing };
    },
    undo: async ({ thing }) => {
      this.log.push(`undo ${thing}`);
      if (this.failing.has(`undo ${thing}`)) throw new Error(`${thing} is busy`);
      this.present.delete(thing);
    },
    observe: async ({ thing }) => (this.present.has(thing) ? { made: thing } : undefined),
  };

  readonly remove = forwardStep('thing.remove', async ({ thing }: Intent) => {
    this.log.push(`remove ${thing}`);
    this.present.delete(thing);
    return null;
  });
}

type Names = { readonly names: readonly string[] };

let directory: string;
let store: Store;
let things: Things;
let ended: string[];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'banger-ops-'));
  store = openStore({ path: join(directory, 'db'), clock: systemClock });
  things = new Things();
  ended = [];
});

afterEach(() => {
  store.close();
  rmSync(directory, { recursive: true });
});

const makeAll = (): OperationType<Names> => ({
  kind: 'things.make',
  onInterrupt: 'undo',
  subject: ({ names }) => names.join('+'),
  plan: ({ names }) => names.map((thing) => planStep(things.step, `stage ${thing}`, { thing })),
  commit: ({ subject }) => void ended.push(`committed ${subject}`),
  rollback: ({ subject }, error) => void ended.push(`rolled back ${subject}: ${error.code}`),
});

const removeAll = (): OperationType<Names> => ({
  ...makeAll(),
  kind: 'things.remove',
  onInterrupt: 'finish',
  subject: ({ names }) => names.join('+'),
  plan: ({ names }) => names.map((thing) => planStep(things.remove, 'remove', { thing })),
});

function operations(failpoint: Failpoint = () => {}): Operations {
  return new Operations({
    store,
    failpoint,
    stepTypes: [anyStep(things.step), anyStep(things.remove)],
    operationTypes: [makeAll(), removeAll()] as never,
    now: () => new Date(),
    monotonicMs: () => performance.now(),
    detach: (work) => work(),
    describeError: (error): WireError =>
      error instanceof BangerError
        ? { code: error.code, message: error.message }
        : { code: 'internal', message: String(error) },
    onLost: (_operation, error) => {
      throw error;
    },
  });
}

/** Stands for a kill at that point: the work never goes on, and nothing that follows is written. */
function dieAt(point: string): { failpoint: Failpoint; died: Promise<void> } {
  const { promise, resolve } = Promise.withResolvers<void>();
  return {
    died: promise,
    failpoint: (at) => {
      if (at !== point) return;
      resolve();
      return new Promise<void>(() => {});
    },
  };
}

describe('an operation', () => {
  it('runs its steps in order and commits', async () => {
    const ops = operations();
    const { id } = ops.begin('things.make', { names: ['a', 'b'] });
    const view = await ops.ended(id);
    expect(view).toMatchObject({ state: 'succeeded', subject: 'a+b', error: null });
    expect(view.stages.map(({ name, state }) => [name, state])).toEqual([
      ['stage a', 'done'],
      ['stage b', 'done'],
    ]);
    expect([...things.present]).toEqual(['a', 'b']);
    expect(ended).toEqual(['committed a+b']);
  });

  it('undoes in reverse what it made, the failed step too', async () => {
    things.failing.add('b');
    const ops = operations();
    const view = await ops.ended(ops.begin('things.make', { names: ['a', 'b', 'c'] }).id);
    expect(view).toMatchObject({ state: 'failed', error: { code: 'disk_full' } });
    expect(things.log).toEqual(['make a', 'make b', 'undo b', 'undo a']);
    expect(things.present.size).toBe(0);
    expect(ended).toEqual(['rolled back a+b+c: disk_full']);
  });

  it('is undone when it is cancelled', async () => {
    things.stuck.add('b');
    const ops = operations();
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
    const ops = operations();
    const { id } = ops.begin('things.make', { names: ['a', 'b', 'c'] });
    const view = await ops.ended(id);
    expect(view).toMatchObject({ state: 'failed', error: { code: 'undo_incomplete' } });
    expect([...things.present]).toEqual(['b']);
    things.failing.clear();
    await operations().recover();
    expect(things.present.size).toBe(0);
    expect(store.journal.unfinished()).toEqual([]);
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
        const { id } = operations(failpoint).begin(kind, { names: ['a', 'b'] });
        await died;
        const next = operations();
        await next.recover();
        expect(things.present.size).toBe(0);
        const undone = { state: 'failed', error: { code: 'operation_interrupted' } };
        expect(next.status(id)).toMatchObject(kind === 'things.make' ? undone : { state: 'succeeded', error: null });
        expect(store.journal.unfinished()).toEqual([]);
      });
    }
  }
});

describe('idempotency', () => {
  it('gives an equal call the same operation, also after a restart', async () => {
    const first = operations();
    const { id } = first.begin('things.make', { names: ['a'] }, { idempotencyKey: 'key-00001' });
    await first.ended(id);
    expect(first.begin('things.make', { names: ['a'] }, { idempotencyKey: 'key-00001' }).id).toBe(id);
    expect(operations().begin('things.make', { names: ['a'] }, { idempotencyKey: 'key-00001' }).id).toBe(id);
    expect(things.log).toEqual(['make a']);
  });

  it('refuses the key for another call', async () => {
    const ops = operations();
    await ops.ended(ops.begin('things.make', { names: ['a'] }, { idempotencyKey: 'key-00001' }).id);
    expect(() => ops.begin('things.make', { names: ['b'] }, { idempotencyKey: 'key-00001' })).toThrow(/used before/);
  });

  it('does an interrupted call again', async () => {
    const { failpoint, died } = dieAt('things.make:thing.make:acted');
    const { id } = operations(failpoint).begin('things.make', { names: ['a'] }, { idempotencyKey: 'key-00001' });
    await died;
    const next = operations();
    await next.recover();
    const again = next.begin('things.make', { names: ['a'] }, { idempotencyKey: 'key-00001' });
    expect(again.id).not.toBe(id);
    expect(await next.ended(again.id)).toMatchObject({ state: 'succeeded' });
  });
});
