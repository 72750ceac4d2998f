import { randomBytes } from 'node:crypto';
import type { WireError } from '@banger/api-types';
import { type AsyncOp, Registry } from '@banger/opstate';
import { BangerError } from '../errors.ts';
import type { Store } from '../store/types.ts';
import { Execution } from './execution.ts';
import { callDigest, operationOfKey } from './idempotency.ts';
import { LiveOperation, type LiveState } from './live.ts';
import { interrupted, lost, shuttingDown } from './operation-errors.ts';
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
  /** An operation has ended, or is left to the next start (`running`). For the log. */
  readonly onEnded?: (view: OperationView) => void;
  /** A defect: an operation's end could not be written down. */
  readonly onLost: (operation: RecordedOperation, error: unknown) => void;
  readonly failpoint?: Failpoint;
  readonly undoTimeoutMs?: number;
  /** How long ended operations are remembered, in milliseconds; a week unless told. */
  readonly historyMs?: number;
}

export interface BeginOptions {
  readonly idempotencyKey?: string | undefined;
  /** What the client asked for, when `params` holds more (for example an id that we chose). */
  readonly asked?: Json;
}

interface Running {
  readonly operation: RecordedOperation;
  readonly signal: AbortSignal;
  readonly ended: Promise<void>;
}

const WEEK_MS = 7 * 86_400_000;
const PRUNE_EVERY_MS = 3_600_000;

/** Begins, shows, cancels and recovers operations; the journal has the truth, the registry what waits and runs. */
export class Operations {
  readonly #options: OperationsOptions;
  readonly #types: ReadonlyMap<string, AnyOperationType>;
  readonly #execution: Execution;
  readonly #registry = new Registry<AsyncOp & { readonly live: LiveState }>();
  readonly #running = new Map<string, Running>();
  /** Unfinished ones of an earlier process, which can be waited for and cancelled before `recover` gets to them. */
  readonly #found: ReadonlyMap<string, AbortSignal>;
  readonly #lost = new Set<string>();
  #closing = false;
  #prunedAtMs = Number.NEGATIVE_INFINITY;

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
    this.#found = new Map(store.journal.unfinished().map(({ id }) => [id, this.#registry.begin({ id, live: {} })]));
  }

  /**
   * Writes the operation down and starts it. An equal call with the same key gets the same operation.
   * @throws BangerError idempotency_conflict, shutting_down
   */
  begin(kind: string, params: Json, { idempotencyKey, asked = params }: BeginOptions = {}): OperationView {
    const { store, now } = this.#options;
    if (this.#closing) throw shuttingDown();
    this.#prune();
    const type = this.#type(kind);
    const digest = callDigest(kind, asked);
    const begun = store.transaction('durable', () => {
      const earlier = idempotencyKey === undefined ? undefined : operationOfKey(store, idempotencyKey, digest, now());
      if (earlier) return { operation: earlier, isNew: false };
      const shared = this.#inFlight(type, params)?.operation;
      const operation = shared ?? newOperation(type, params, now());
      if (!shared) store.journal.insert(operation);
      if (idempotencyKey !== undefined)
        store.journal.bindKey({ key: idempotencyKey, paramsDigest: digest, operation: operation.id }, now());
      return { operation, isNew: !shared };
    });
    if (begun.isNew) void this.#launch(begun.operation, (live) => this.#execution.run(type, begun.operation, live));
    return this.status(begun.operation.id);
  }

  /**
   * The operation that an equal call with this key began before, for calls that cannot be repeated by what they left.
   * @throws BangerError idempotency_conflict
   */
  begunBefore(kind: string, asked: Json, idempotencyKey: string): OperationView | undefined {
    const { store, now } = this.#options;
    const earlier = operationOfKey(store, idempotencyKey, callDigest(kind, asked), now());
    return earlier && this.status(earlier.id);
  }

  /** @throws BangerError operation_not_found */
  status(id: string): OperationView {
    const { store } = this.#options;
    const operation = store.journal.get(id);
    if (!operation) {
      throw new BangerError('operation_not_found', `no operation is called ${id}`, {
        remediation: 'Ended operations are remembered for as long as `limits.history` says.',
      });
    }
    const running = this.#registry.get(id);
    const view = viewOf(operation, store.journal.steps(id), { version: running?.version ?? 0, ...running?.live });
    return this.#lost.has(id) && view.state === 'running' ? { ...view, state: 'failed', error: lost() } : view;
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

  /** Nothing can be begun any more. */
  get closing(): boolean {
    return this.#closing;
  }

  /** Stages of a recorded operation with their times. */
  stages(id: string): OperationView['stages'] {
    return stagesOf(this.#options.store.journal.steps(id), false);
  }

  /** Finishes or undoes what an earlier process left unfinished. Call it before anything else is begun. */
  async recover(): Promise<readonly OperationView[]> {
    const unfinished = this.#options.store.journal.unfinished();
    await Promise.all(
      unfinished.map((operation) =>
        this.#launch(operation, async (live) => this.#execution.resume(this.#type(operation.kind), operation, live)),
      ),
    );
    return unfinished.map(({ id }) => this.status(id));
  }

  /** Begins nothing any more, interrupts all that run, and waits until they are undone or can go on later. */
  async close(): Promise<void> {
    this.#closing = true;
    const running = [...this.#running.values()];
    for (const { operation } of running) this.#registry.cancel(operation.id, interrupted());
    await Promise.all(running.map(({ ended }) => ended));
  }

  /** @throws Error: the journal is of another version */
  #type(kind: string): AnyOperationType {
    const type = this.#types.get(kind);
    if (!type) throw new Error(`no operation type is called ${kind}`);
    return type;
  }

  #inFlight(type: AnyOperationType, params: Json): Running | undefined {
    const key = type.flightKey?.(params);
    if (key === undefined) return undefined;
    // One that was cancelled is on its way out: nobody new shares it.
    return [...this.#running.values()].find(
      ({ operation, signal }) =>
        operation.kind === type.kind && !signal.aborted && type.flightKey?.(operation.params) === key,
    );
  }

  #launch(operation: RecordedOperation, work: (live: LiveOperation) => Promise<void>): Promise<void> {
    const { id } = operation;
    const signal = this.#found.get(id) ?? this.#registry.begin({ id, live: {} });
    const live = new LiveOperation(signal, (change) => {
      // A step's last progress may come after its operation was cancelled and ended.
      if (this.#registry.get(id)?.ended === false)
        this.#registry.update(id, (op) => ({ ...op, live: { ...op.live, ...change } }));
    });
    const ended = this.#options
      .detach(() => work(live))
      .then(() => this.#options.onEnded?.(this.status(id)))
      .catch((error: unknown) => this.#onLost(operation, error))
      .finally(() => {
        this.#running.delete(id);
        this.#registry.end(id);
      });
    this.#running.set(id, { operation, signal, ended });
    return ended;
  }

  #onLost(operation: RecordedOperation, error: unknown): void {
    this.#lost.add(operation.id);
    this.#options.onLost(operation, error);
  }

  /** Now and then, so that a daemon that runs for months does not remember for ever. */
  #prune(): void {
    const { store, now, monotonicMs, historyMs = WEEK_MS } = this.#options;
    if (monotonicMs() - this.#prunedAtMs < PRUNE_EVERY_MS) return;
    this.#prunedAtMs = monotonicMs();
    store.transaction('normal', () => store.journal.prune(new Date(now().getTime() - historyMs)));
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
