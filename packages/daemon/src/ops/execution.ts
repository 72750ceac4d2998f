import type { WireError } from '@banger/api-types';
import { BangerError } from '../errors.ts';
import type { Store } from '../store/types.ts';
import type { LiveOperation } from './live.ts';
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
      return this.#end(type, id, params, live, error);
    }
    await using _held = lease;
    try {
      const prepared = await this.#prepare(type, params, live);
      await this.#plan(type, operation, prepared, lease, live);
      await this.#forward(type, id, params, live);
    } catch (error) {
      await this.#end(type, id, params, live, error);
    }
  }

  /** Takes an unfinished operation of an earlier process to its end. */
  async resume(type: AnyOperationType, operation: RecordedOperation, live: LiveOperation): Promise<void> {
    const { id, params } = operation;
    const interrupted = new BangerError(
      'operation_interrupted',
      'the daemon ended during this operation; it was undone',
      {
        remediation: 'Run the command again.',
      },
    );
    if (type.onInterrupt === 'undo' || operation.state !== 'running')
      return this.#end(type, id, params, live, interrupted);
    try {
      await this.#forward(type, id, params, live);
    } catch (error) {
      await this.#end(type, id, params, live, error);
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

  async #forward(type: AnyOperationType, id: string, params: Json, live: LiveOperation): Promise<void> {
    const { store, runner, now } = this.#options;
    await runner.forward(id, type.kind, live.signal, live, () => {
      type.commit(this.#record(type, id, params, true));
      store.journal.update(id, { state: 'succeeded', endedAt: now().toISOString() });
    });
    type.settled?.(this.#record(type, id, params, true));
  }

  /** Undoes what is to be undone and writes the failure down. */
  async #end(type: AnyOperationType, id: string, params: Json, live: LiveOperation, cause: unknown): Promise<void> {
    const { store, runner } = this.#options;
    const error = this.#recordedError(live.signal.aborted ? live.signal.reason : cause);
    const planned = store.journal.get(id)?.state !== 'preparing';
    let failures: readonly UndoFailure[] = [];
    if (planned && type.onInterrupt === 'undo') {
      store.transaction('normal', () => store.journal.update(id, { state: 'undoing' }));
      live.changed();
      failures = await runner.backward(id, type.kind, live);
    }
    if (failures.length > 0) return this.#undoIncomplete(id, error, failures);
    store.transaction('durable', () => {
      type.rollback(this.#record(type, id, params, planned), error);
      const state = error.code === 'operation_cancelled' ? 'cancelled' : 'failed';
      store.journal.update(id, { state, error, endedAt: this.#options.now().toISOString() });
    });
    type.settled?.(this.#record(type, id, params, planned));
  }

  /** The journal keeps the operation open: the next start tries to undo the rest. */
  #undoIncomplete(id: string, error: RecordedError, failures: readonly UndoFailure[]): void {
    const left = failures.map(({ step, cause }) => `${step}: ${this.#options.describeError(cause).message}`);
    const incomplete: RecordedError = {
      code: 'undo_incomplete',
      message: `${error.message}; and it could not be undone completely: ${left.join('; ')}`,
      remediation: 'What is left is tried again when the daemon starts the next time.',
      details: { cause: error.code, left },
    };
    const { store, now } = this.#options;
    store.transaction('durable', () => store.journal.update(id, { error: incomplete, endedAt: now().toISOString() }));
  }

  #record(type: AnyOperationType, id: string, params: Json, planned: boolean): OperationRecord<Json> {
    const steps = this.#options.store.journal.steps(id);
    return {
      id,
      params,
      planned,
      subject: type.subject(params),
      output: (stepType) => steps.find((step) => step.type === stepType)?.output,
    };
  }

  #recordedError(cause: unknown): RecordedError {
    // Details come from our own errors and are plain data; the round trip drops what JSON cannot carry.
    return JSON.parse(JSON.stringify(this.#options.describeError(cause))) as RecordedError;
  }
}
