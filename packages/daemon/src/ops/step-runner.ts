import type { Store } from '../store/types.ts';
import type { StepRegistry } from './step-registry.ts';
import type { AnyStepType, RecordedStep, StepContext } from './types.ts';

/** A named moment at which tests may kill, throw or hang. */
export type Failpoint = (point: string) => void | Promise<void>;

export interface StepObserver {
  /** A step changed in the journal. */
  changed(): void;
  progress(stage: string, message: string, fraction: number | null): void;
}

export interface StepRunnerOptions {
  readonly store: Store;
  readonly steps: StepRegistry;
  readonly failpoint: Failpoint;
  readonly monotonicMs: () => number;
  /** How long one undo may take before it counts as failed. */
  readonly undoTimeoutMs: number;
}

/** Executes and undoes recorded steps; the only place that moves them in the journal. */
export class StepRunner {
  readonly #options: StepRunnerOptions;

  constructor(options: StepRunnerOptions) {
    this.#options = options;
  }

  /**
   * Runs all steps that are not done. The outcome of one and the intent of the next share a transaction,
   * `commit` shares the last one.
   */
  async forward(
    operation: string,
    kind: string,
    signal: AbortSignal,
    observer: StepObserver,
    commit: () => void,
  ): Promise<void> {
    const { store, steps, failpoint, monotonicMs } = this.#options;
    const pending = store.journal.steps(operation).filter((step) => step.state !== 'done');
    const intend = (step: RecordedStep) => store.journal.updateStep(operation, step.seq, { state: 'intended' });
    const [first] = pending;
    if (!first) return store.transaction('durable', commit);
    store.transaction('normal', () => intend(first));
    for (const [index, step] of pending.entries()) {
      signal.throwIfAborted();
      observer.changed();
      await failpoint(`${kind}:${step.type}:intended`);
      const startedMs = monotonicMs();
      const output = await steps.get(step.type).do(step.intent, contextOf(step, signal, observer));
      await failpoint(`${kind}:${step.type}:acted`);
      const durationMs = Math.round(monotonicMs() - startedMs);
      const next = pending[index + 1];
      if (!next) signal.throwIfAborted();
      store.transaction(next ? 'normal' : 'durable', () => {
        store.journal.updateStep(operation, step.seq, { state: 'done', output, durationMs });
        if (next) intend(next);
        else commit();
      });
      observer.changed();
      await failpoint(`${kind}:${step.type}:recorded`);
    }
  }

  /** Undoes in reverse all that was done or may have been; returns what could not be undone. */
  async backward(operation: string, kind: string, observer: StepObserver): Promise<readonly UndoFailure[]> {
    const { store, steps, failpoint } = this.#options;
    const failures: UndoFailure[] = [];
    const touched = store.journal
      .steps(operation)
      .filter((step) => step.state !== 'planned' && step.state !== 'undone');
    for (const step of touched.toReversed()) {
      const cause = await this.#undo(steps.get(step.type), step);
      if (cause !== undefined) failures.push({ step: step.type, cause });
      store.transaction('normal', () =>
        store.journal.updateStep(operation, step.seq, { state: cause === undefined ? 'undone' : 'undo_failed' }),
      );
      observer.changed();
      await failpoint(`${kind}:${step.type}:undone`);
    }
    return failures;
  }

  /** Returns the error instead of throwing it: the other steps must be undone all the same. */
  async #undo(type: AnyStepType, step: RecordedStep): Promise<unknown> {
    const signal = AbortSignal.timeout(this.#options.undoTimeoutMs);
    try {
      const output = step.state === 'done' ? step.output : await type.observe(step.intent, signal);
      await type.undo(step.intent, output, signal);
      return undefined;
    } catch (error) {
      return error ?? new Error('undo failed without an error');
    }
  }
}

export interface UndoFailure {
  readonly step: string;
  readonly cause: unknown;
}

function contextOf(step: RecordedStep, signal: AbortSignal, observer: StepObserver): StepContext {
  return {
    signal,
    progress: (message, fraction) => observer.progress(step.stage, message, fraction ?? null),
  };
}
