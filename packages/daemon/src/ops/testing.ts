import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { WireError } from '@banger/api-types';
import { systemClock } from '@banger/system';
import { BangerError } from '../errors.ts';
import { anyStep, forwardStep, planStep } from '../steps.ts';
import { openStore } from '../store/open.ts';
import type { Store } from '../store/types.ts';
import { Operations, type OperationsOptions } from './operations.ts';
import type { Failpoint } from './step-runner.ts';
import type { OperationType, StepType } from './types.ts';

type Intent = { readonly thing: string };
type Names = { readonly names: readonly string[] };

/** A host of named things, and operations that make, remove and fetch them. */
export class Things {
  readonly present = new Set<string>();
  readonly log: string[] = [];
  /** How operations ended, in order. */
  readonly ended: string[] = [];
  failing = new Set<string>();
  /** Waits until its signal is aborted. */
  stuck = new Set<string>();
  /** Never ends, whatever its signal says. */
  dead = new Set<string>();
  /** Called after each end that is written down. */
  onSettled: () => void = () => {};

  readonly step: StepType<Intent, { made: string }> = {
    name: 'thing.make',
    timeoutMs: ({ thing }) => (thing === 'slow' ? 20 : 10_000),
    do: async ({ thing }, { signal, progress }) => {
      progress(`making ${thing}`, 0.5);
      this.log.push(`make ${thing}`);
      this.present.add(thing);
      if (this.stuck.has(thing)) await aborted(signal);
      if (this.failing.has(thing)) throw new BangerError('disk_full', `no room for ${thing}`);
      return { made: thing };
    },
    undo: async ({ thing }) => {
      this.log.push(`undo ${thing}`);
      if (this.dead.has(thing)) await new Promise(() => {});
      if (this.failing.has(`undo ${thing}`)) throw new Error(`${thing} is busy`);
      this.present.delete(thing);
    },
    observe: async ({ thing }) => (this.present.has(thing) ? { made: thing } : undefined),
  };

  readonly remove = forwardStep('thing.remove', async ({ thing }: Intent, { signal }) => {
    this.log.push(`remove ${thing}`);
    if (this.stuck.has(thing)) await aborted(signal);
    this.present.delete(thing);
    return null;
  });

  get operationTypes(): OperationType<Names>[] {
    const make: OperationType<Names> = {
      kind: 'things.make',
      onInterrupt: 'undo',
      subject: ({ names }) => names.join('+'),
      plan: ({ names }) => names.map((thing) => planStep(this.step, `stage ${thing}`, { thing })),
      commit: ({ subject }) => void this.ended.push(`committed ${subject}`),
      rollback: ({ subject }, error) => void this.ended.push(`rolled back ${subject}: ${error.code}`),
      settled: () => this.onSettled(),
    };
    const plan: OperationType<Names>['plan'] = ({ names }) =>
      names.map((thing) => planStep(this.remove, 'remove', { thing }));
    return [
      make,
      { ...make, kind: 'things.remove', onInterrupt: 'finish', plan },
      { ...make, kind: 'things.fetch', flightKey: ({ names }) => names.join() },
    ];
  }
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
}

/** A database and a host of things; each `operations()` stands for one process of the daemon. */
export class OpsTrial implements Disposable {
  readonly #directory = mkdtempSync(join(tmpdir(), 'banger-ops-'));
  readonly store: Store = openStore({ path: join(this.#directory, 'db'), clock: systemClock });
  readonly things = new Things();
  readonly lost: string[] = [];

  operations(failpoint: Failpoint = () => {}, more: Partial<OperationsOptions> = {}): Operations {
    return new Operations({
      store: this.store,
      failpoint,
      stepTypes: [anyStep(this.things.step), anyStep(this.things.remove)],
      operationTypes: this.things.operationTypes as never,
      now: () => new Date(),
      monotonicMs: () => performance.now(),
      detach: (work) => work(),
      describeError,
      onLost: (_operation, error) => void this.lost.push(String(error)),
      undoTimeoutMs: 100,
      ...more,
    });
  }

  [Symbol.dispose](): void {
    this.store.close();
    rmSync(this.#directory, { recursive: true });
  }
}

export function describeError(error: unknown): WireError {
  return error instanceof BangerError
    ? { code: error.code, message: error.message }
    : { code: 'internal', message: String(error) };
}

/** Stands for a kill at that point: the work never goes on, and nothing that follows is written. */
export function dieAt(point: string): { failpoint: Failpoint; died: Promise<void> } {
  const { promise, resolve } = Promise.withResolvers<void>();
  return {
    died: promise,
    failpoint: (at) => {
      if (at !== point) return undefined;
      resolve();
      return new Promise<void>(() => {});
    },
  };
}
