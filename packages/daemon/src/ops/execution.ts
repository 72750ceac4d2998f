import type { WireError } from '@banger/api-types';
import type { Store } from '../store/types.ts';
import type { LiveOperation } from './live.ts';
import { firstError, interrupted, undoIncomplete } from './operation-errors.ts';
import type { StepRunner, UndoFailure } from './step-runner.ts';
import type { AnyOperationType, Json, OperationRecord, RecordedError, RecordedOperation } from './types.ts';

export interface ExecutionOptions {
  readonly store: Store;
  readonly runner: StepRunner;
  readonly now: () => Date;
  readonly monotonicMs: () => number;
  readonly describeError: (error: unknown) => WireError;
}

/** Carries one operation from its record to its end: enter, prepare, plan, steps, commit; or undo and rollback. */
export class Execution {
  readonly #options: ExecutionOptions;

  constructor(options: ExecutionOptions) {
    this.#options = options;
  }

  /** Runs an operation that was just begun. How it ended is in the journal; rejects only when that cannot be written. */
  async run(type: AnyOperationType, operation: RecordedOperation, live: LiveOperation): Promise<void> {
    const { id, params } = operation;
    let lease: AsyncDisposable | undefined;
    try {
      lease = await type.enter?.(params, live.signal);
    } catch (error) {
      return this.#end(type, operation, live, this.#errorOf(live, error));
    }
    await using _held = lease;
    try {
      const prepared = await this.#prepare(type, params, live);
      await this.#plan(type, operation, prepared, lease, live);
      await this.#forward(type, operation, live);
    } catch (error) {
      this.#requireOpen(id, error);
      await this.#end(type, operation, live, this.#errorOf(live, error));
    }
  }

  /** Takes an unfinished operation of an earlier process to its end. */
  async resume(type: AnyOperationType, operation: RecordedOperation, live: LiveOperation): Promise<void> {
    if (type.onInterrupt === 'undo' || operation.state !== 'running')
      return this.#end(type, operation, live, firstError(operation) ?? this.#errorOf(live, interrupted()));
    try {
      await this.#forward(type, operation, live);
    } catch (error) {
      this.#requireOpen(operation.id, error);
      await this.#end(type, operation, live, this.#errorOf(live, error));
    }
  }

  async #prepare(type: AnyOperationType, params: Json, live: LiveOperation): Promise<unknown> {
    if (!type.prepare) return undefined;
    const stage = type.prepareStage ?? 'prepare';
    const startedMs = this.#options.monotonicMs();
    live.prepare({ name: stage, state: 'running', durationMs: null });
    try {
      const prepared = await type.prepare(params, {
        signal: live.signal,
        progress: (message, fraction) => live.progress(stage, message, fraction ?? null),
      });
      live.prepare({ name: stage, state: 'done', durationMs: Math.round(this.#options.monotonicMs() - startedMs) });
      return prepared;
    } catch (error) {
      live.prepare({ name: stage, state: 'failed', durationMs: Math.round(this.#options.monotonicMs() - startedMs) });
      throw error;
    }
  }

  async #plan(
    type: AnyOperationType,
    { id, params }: RecordedOperation,
    prepared: unknown,
    lease: AsyncDisposable | undefined,
    live: LiveOperation,
  ): Promise<void> {
    const { store } = this.#options;
    await using planning = lease && (await type.planning?.(lease, live.signal));
    live.signal.throwIfAborted();
    store.transaction('durable', () => {
      store.journal.planSteps(id, type.plan(params, prepared, planning));
      store.journal.update(id, { state: 'running' });
    });
  }

  async #forward(type: AnyOperationType, operation: RecordedOperation, live: LiveOperation): Promise<void> {
    const { store, runner, now } = this.#options;
    const { id } = operation;
    await runner.forward(id, type.kind, live.signal, live, () => {
      type.commit(this.#record(type, operation, true));
      store.journal.update(id, { state: 'succeeded', endedAt: now().toISOString() });
      if (type.onInterrupt === 'finish') this.#supersede(operation);
    });
    type.settled?.(this.#record(type, operation, true));
  }

  /**
   * What clears up a subject has removed what an earlier operation could not undo. A later try to undo it would take
   * from what came after.
   */
  #supersede({ subject }: RecordedOperation): void {
    const { journal } = this.#options.store;
    const givenUp = journal.unfinished().filter((other) => other.subject === subject && other.endedAt !== null);
    for (const { id } of givenUp) journal.update(id, { state: 'failed' });
  }

  /** What fails after the end (a watch) finds nothing to undo. */
  #requireOpen(id: string, cause: unknown): void {
    if (this.#options.store.journal.get(id)?.state === 'succeeded') throw cause;
  }

  /** Undoes what is to be undone and writes the failure down. */
  async #end(
    type: AnyOperationType,
    operation: RecordedOperation,
    live: LiveOperation,
    error: RecordedError,
  ): Promise<void> {
    const { store, runner, now } = this.#options;
    const { id } = operation;
    const planned = store.journal.get(id)?.state !== 'preparing';
    if (planned && type.onInterrupt === 'finish' && error.code === 'operation_interrupted') return; // the next start finishes it
    if (planned && type.onInterrupt === 'undo') {
      store.transaction('normal', () => store.journal.update(id, { state: 'undoing', error }));
      live.changed();
      const failures = await runner.backward(id, type.kind, live);
      if (failures.length > 0) return this.#giveUp(id, error, failures);
    }
    store.transaction('durable', () => {
      type.rollback(this.#record(type, operation, planned), error);
      const state = error.code === 'operation_cancelled' ? 'cancelled' : 'failed';
      store.journal.update(id, { state, error, endedAt: now().toISOString() });
    });
    type.settled?.(this.#record(type, operation, planned));
  }

  /** The journal keeps the operation open: the next start tries to undo the rest. */
  #giveUp(id: string, error: RecordedError, failures: readonly UndoFailure[]): void {
    const { store, now, describeError } = this.#options;
    const left = failures.map(({ step, cause }) => `${step}: ${describeError(cause).message}`);
    const change = { error: undoIncomplete(error, left), endedAt: now().toISOString() };
    store.transaction('durable', () => store.journal.update(id, change));
  }

  #record(type: AnyOperationType, { id, params }: RecordedOperation, planned: boolean): OperationRecord<Json> {
    const steps = this.#options.store.journal.steps(id);
    return {
      id,
      params,
      planned,
      subject: type.subject(params),
      output: (stepType) => steps.find((step) => step.type === stepType)?.output,
    };
  }

  /** The first cause of an end counts: what a cancelled step fails with is no news. */
  #errorOf(live: LiveOperation, cause: unknown): RecordedError {
    const error = this.#options.describeError(live.signal.aborted ? live.signal.reason : cause);
    // Details come from our own errors and are plain data; the round trip drops what JSON cannot carry.
    return JSON.parse(JSON.stringify(error)) as RecordedError;
  }
}
