import { randomBytes } from 'node:crypto';
import type { WireError } from '@banger/api-types';
import { type AsyncOp, Registry } from '@banger/opstate';
import { BangerError } from '../errors.ts';
import type { Store } from '../store/types.ts';
import { Execution } from './execution.ts';
import { callDigest, operationOfKey } from './idempotency.ts';
import { LiveOperation, type LiveState } from './live.ts';
import { StepRegistry } from './step-registry.ts';
import { type Failpoint, StepRunner } from './step-runner.ts';
import type { AnyOperationType, AnyStepType, Json, RecordedOperation } from './types.ts';
import { type OperationView, stagesOf, viewOf } from './view.ts';

export interface OperationsOptions {
  readonly store: Store;
  readonly stepTypes: Iterable<AnyStepType>;
  readonly operationTypes: Iterable<AnyOperationType>;
  readonly now: () => Date;
  readonly monotonicMs: () => number;
  readonly describeError: (error: unknown) => WireError;
  /** Starts work that outlives its caller in a fresh async context. */
  readonly detach: <T>(work: () => Promise<T>) => Promise<T>;
  /** A defect: an operation's end could not be written down. */
  readonly onLost: (operation: RecordedOperation, error: unknown) => void;
  readonly failpoint?: Failpoint;
  readonly undoTimeoutMs?: number;
}

export interface BeginOptions {
  readonly idempotencyKey?: string | undefined;
  /** What the client asked for, when `params` holds more (for example an id that we chose). */
  readonly asked?: Json;
}

interface Running {
  readonly operation: RecordedOperation;
  readonly ended: Promise<void>;
}

/** Begins, shows, cancels and recovers operations; the journal has the truth, the registry what waits and runs. */
export class Operations {
  readonly #options: OperationsOptions;
  readonly #types: ReadonlyMap<string, AnyOperationType>;
  readonly #execution: Execution;
  readonly #registry = new Registry<AsyncOp & { readonly live: LiveState }>();
  readonly #running = new Map<string, Running>();

  constructor(options: OperationsOptions) {
    const { store, now, monotonicMs, describeError } = options;
    this.#options = options;
    this.#types = new Map([...options.operationTypes].map((type) => [type.kind, type]));
    const runner = new StepRunner({
      store,
      monotonicMs,
      steps: new StepRegistry(options.stepTypes),
      failpoint: options.failpoint ?? (() => {}),
      undoTimeoutMs: options.undoTimeoutMs ?? 60_000,
    });
    this.#execution = new Execution({ store, runner, now, monotonicMs, describeError });
  }

  /** Writes the operation down and starts it. An equal call with the same key gets the same operation. */
  begin(kind: string, params: Json, { idempotencyKey, asked = params }: BeginOptions = {}): OperationView {
    const { store, now } = this.#options;
    const type = this.#type(kind);
    const shared = this.#inFlight(type, params);
    if (shared) return this.status(shared.operation.id);
    const digest = callDigest(kind, asked);
    const begun = store.transaction('durable', () => {
      const earlier = idempotencyKey === undefined ? undefined : operationOfKey(store, idempotencyKey, digest, now());
      if (earlier) return { operation: earlier, isNew: false };
      const operation = newOperation(type, params, now());
      store.journal.insert(operation);
      if (idempotencyKey !== undefined)
        store.journal.bindKey({ key: idempotencyKey, paramsDigest: digest, operation: operation.id }, now());
      return { operation, isNew: true };
    });
    if (begun.isNew) void this.#launch(begun.operation, (live) => this.#execution.run(type, begun.operation, live));
    return this.status(begun.operation.id);
  }

  /** @throws BangerError operation_not_found */
  status(id: string): OperationView {
    const { store } = this.#options;
    const operation = store.journal.get(id);
    if (!operation) {
      throw new BangerError('operation_not_found', `no operation is called ${id}`, {
        remediation: 'Operations are kept for a day after their end.',
      });
    }
    const running = this.#registry.get(id);
    return viewOf(operation, store.journal.steps(id), { version: running?.version ?? 0, ...running?.live });
  }

  /** Like status, after the next change or at most `waitMs`. */
  async statusAfter(id: string, afterVersion: number, waitMs: number, signal: AbortSignal): Promise<OperationView> {
    const view = this.status(id);
    if (view.version > afterVersion || view.state !== 'running') return view;
    await this.#registry.waitForChange(id, afterVersion, { timeoutMs: waitMs, signal });
    return this.status(id);
  }

  /** Resolves with the final view when it ended. */
  async ended(id: string): Promise<OperationView> {
    await this.#running.get(id)?.ended;
    return this.status(id);
  }

  cancel(id: string, why = 'it was cancelled'): OperationView {
    this.#registry.cancel(id, new BangerError('operation_cancelled', why));
    return this.status(id);
  }

  /** Cancels running operations of these kinds on this VM or image. */
  abort(subject: string, kinds: readonly string[], why: string): void {
    for (const { operation } of this.#running.values()) {
      if (kinds.includes(operation.kind) && operation.subject === subject) this.cancel(operation.id, why);
    }
  }

  get runningCount(): number {
    return this.#running.size;
  }

  /** Stages of a recorded operation with their times. */
  stages(id: string): OperationView['stages'] {
    return stagesOf(this.#options.store.journal.steps(id), false);
  }

  /** Finishes or undoes what an earlier process left unfinished. Call it before anything else is begun. */
  async recover(): Promise<readonly OperationView[]> {
    const unfinished = this.#options.store.journal.unfinished();
    return Promise.all(
      unfinished.map(async (operation) => {
        const type = this.#type(operation.kind);
        await this.#launch(operation, (live) => this.#execution.resume(type, operation, live));
        return this.status(operation.id);
      }),
    );
  }

  /** Cancels all that run and waits until they are undone. */
  async close(): Promise<void> {
    const running = [...this.#running.values()];
    const closing = new BangerError('shutting_down', 'the daemon is closing');
    for (const { operation } of running) this.#registry.cancel(operation.id, closing);
    await Promise.all(running.map(({ ended }) => ended));
  }

  #type(kind: string): AnyOperationType {
    const type = this.#types.get(kind);
    if (!type) throw new Error(`no operation type is called ${kind}`);
    return type;
  }

  #inFlight(type: AnyOperationType, params: Json): Running | undefined {
    const key = type.flightKey?.(params);
    if (key === undefined) return undefined;
    return [...this.#running.values()].find(
      ({ operation }) => operation.kind === type.kind && type.flightKey?.(operation.params) === key,
    );
  }

  #launch(operation: RecordedOperation, work: (live: LiveOperation) => Promise<void>): Promise<void> {
    const { id } = operation;
    const signal = this.#registry.begin({ id, live: {} });
    const live = new LiveOperation(signal, (change) => {
      // A step's last progress may come after its operation was cancelled and ended.
      if (this.#registry.get(id)?.ended === false)
        this.#registry.update(id, (op) => ({ ...op, live: { ...op.live, ...change } }));
    });
    const ended = this.#options
      .detach(() => work(live))
      .catch((error: unknown) => this.#options.onLost(operation, error))
      .finally(() => {
        this.#running.delete(id);
        this.#registry.end(id);
      });
    this.#running.set(id, { operation, ended });
    return ended;
  }
}

function newOperation(type: AnyOperationType, params: Json, now: Date): RecordedOperation {
  return {
    id: randomBytes(8).toString('hex'),
    kind: type.kind,
    params,
    subject: type.subject(params),
    state: 'preparing',
    error: null,
    startedAt: now.toISOString(),
    endedAt: null,
  };
}
