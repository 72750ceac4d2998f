import type { ErrorCode } from '@banger/api-types';

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

export interface StepContext {
  readonly signal: AbortSignal;
  /** For people: what the step is doing, and how far it is (0 to 1) where known. */
  readonly progress: (message: string, fraction?: number) => void;
}

/**
 * One kind of step. `intent` holds only names that we chose before acting; `output` what the kernel chose.
 * `undo` and `observe` work from recorded data alone, may run in another process than `do`, and may run twice.
 */
export interface StepType<I extends Json, O extends Json> {
  /** Unique and stable: it is in the journal. */
  readonly name: string;
  /** How long `do` may take, in milliseconds; two minutes unless told. It has to follow its signal. */
  timeoutMs?(intent: I): number;
  do(intent: I, context: StepContext): Promise<O>;
  /** After it nothing of the step is left; fine when there is nothing. `output` is undefined when the act was never recorded or observed. */
  undo(intent: I, output: O | undefined, signal: AbortSignal): Promise<void>;
  /** Finds what `do` made from the names; undefined when it is not there. */
  observe(intent: I, signal: AbortSignal): Promise<O | undefined>;
}

/** A step type whose intent and output types were checked where it was planned. */
export type AnyStepType = StepType<Json, Json>;

export interface PlannedStep {
  readonly type: string;
  /** Stage shown to people; neighbouring steps may share one. */
  readonly stage: string;
  readonly intent: Json;
}

export interface RecordedStep extends PlannedStep {
  readonly seq: number;
  readonly state: 'planned' | 'intended' | 'done' | 'undone' | 'undo_failed';
  readonly output: Json | undefined;
  readonly durationMs: number | null;
}

export interface RecordedError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly remediation?: string;
  readonly details?: { readonly [key: string]: Json };
}

export interface RecordedOperation {
  readonly id: string;
  readonly kind: string;
  readonly subject: string;
  readonly params: Json;
  readonly state: 'preparing' | 'running' | 'undoing' | 'succeeded' | 'failed' | 'cancelled';
  readonly error: RecordedError | null;
  readonly startedAt: string;
  readonly endedAt: string | null;
}

/** What commit and rollback may know: recorded data only, since they may run in a later process. */
export interface OperationRecord<P extends Json> {
  readonly id: string;
  readonly subject: string;
  readonly params: P;
  /** Whether `plan` ran: else nothing was written that `rollback` could take back. */
  readonly planned: boolean;
  /** Recorded output of the step of that type; undefined when it has none. */
  output(stepType: string): Json | undefined;
}

/**
 * One kind of operation. Everything except `enter` and `prepare` may run after a daemon restart.
 * P: parameters, D: what `prepare` found out, L: lease of the whole operation, M: lease of the planning.
 * `undo`: what was interrupted or failed is undone in reverse. `finish`: its steps are safe to repeat and lead on.
 */
export interface OperationType<P extends Json, D = unknown, L extends AsyncDisposable = AsyncDisposable, M = unknown> {
  readonly kind: string;
  readonly onInterrupt: 'undo' | 'finish';
  /** Stage that people see while `prepare` runs. */
  readonly prepareStage?: string;
  /** Id or name of what it works on. */
  subject(params: P): string;
  /** Operations of this kind with an equal key share one run while it lasts. */
  flightKey?(params: P): string;
  /** Acquires what the whole operation needs (the VM's lock); released when it ended. */
  enter?(params: P, signal: AbortSignal): Promise<L>;
  /** Slow or failing decisions before anything is planned; changes nothing on the host that is not an operation of its own. */
  prepare?(params: P, context: StepContext): Promise<D>;
  /** Takes the lease that `plan` needs (for the choice of free names), by way of the one from `enter`. */
  planning?(lease: L, signal: AbortSignal): Promise<M & AsyncDisposable>;
  /** Runs inside the beginning transaction, and inside `planning`'s lease; may write rows. */
  plan(params: P, prepared: D, lease: M): readonly PlannedStep[];
  /** Runs inside the transaction that ends the operation well. */
  commit(record: OperationRecord<P>): void;
  /** Runs inside the transaction that ends a failed operation, after the undo. */
  rollback(record: OperationRecord<P>, error: RecordedError): void;
  /** After a commit or rollback of this process; for watches and caches, not for state. */
  settled?(record: OperationRecord<P>): void;
}

/** An operation type whose parameter and preparation types were checked where it was made. */
export type AnyOperationType = OperationType<Json>;
