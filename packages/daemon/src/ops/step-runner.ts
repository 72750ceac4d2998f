import { BangerError } from '../errors.ts';
import type { Store } from '../store/types.ts';
import type { StepRegistry } from './step-registry.ts';
import type { AnyStepType, Json, RecordedStep, StepContext } from './types.ts';

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

/** For steps that do not say how long they may take. */
const STEP_TIMEOUT_MS = 120_000;

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
    const { store, failpoint, monotonicMs } = this.#options;
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
      const output = await this.#do(step, signal, observer);
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
    const { store, failpoint } = this.#options;
    const failures: UndoFailure[] = [];
    const touched = store.journal
      .steps(operation)
      .filter((step) => step.state !== 'planned' && step.state !== 'undone');
    for (const step of touched.toReversed()) {
      const cause = await this.#undo(step);
      if (cause !== undefined) failures.push({ step: step.type, cause });
      store.transaction('normal', () =>
        store.journal.updateStep(operation, step.seq, { state: cause === undefined ? 'undone' : 'undo_failed' }),
      );
      observer.changed();
      await failpoint(`${kind}:${step.type}:undone`);
    }
    return failures;
  }

  async #do(step: RecordedStep, signal: AbortSignal, observer: StepObserver): Promise<Json> {
    const type = this.#options.steps.get(step.type);
    const timeoutMs = type.timeoutMs?.(step.intent) ?? STEP_TIMEOUT_MS;
    const late = AbortSignal.timeout(timeoutMs);
    try {
      return await type.do(step.intent, contextOf(step, AbortSignal.any([signal, late]), observer));
    } catch (error) {
      if (signal.aborted || !late.aborted) throw error;
      throw tooLong(step.type, timeoutMs, error);
    }
  }

  /** Returns the error instead of throwing it: the other steps must be undone all the same. */
  async #undo(step: RecordedStep): Promise<unknown> {
    const { steps, undoTimeoutMs } = this.#options;
    const late = AbortSignal.timeout(undoTimeoutMs);
    try {
      // Not waited for in the end, even when it does not follow its signal: a daemon that closes must come to an end.
      await Promise.race([undo(steps.get(step.type), step, late), expiry(late, step.type, undoTimeoutMs)]);
      return undefined;
    } catch (error) {
      return error ?? new Error('undo failed without an error');
    }
  }
}

async function undo(type: AnyStepType, step: RecordedStep, signal: AbortSignal): Promise<void> {
  const output = step.state === 'done' ? step.output : await type.observe(step.intent, signal);
  await type.undo(step.intent, output, signal);
}

function expiry(late: AbortSignal, name: string, timeoutMs: number): Promise<never> {
  return new Promise((_, reject) => {
    late.addEventListener('abort', () => reject(tooLong(`undoing ${name}`, timeoutMs)), { once: true });
  });
}

function tooLong(what: string, timeoutMs: number, cause?: unknown): BangerError {
  return new BangerError('timeout', `${what} took longer than ${timeoutMs / 1000} s`, {
    remediation: 'Look for a host that is overloaded or a disk that hangs, and try again.',
    cause,
  });
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
