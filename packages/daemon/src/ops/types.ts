import type { ErrorCode } from '@banger/api-types';

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

export interface StepContext {
  readonly signal: AbortSignal;
  /** For people: what the step is doing, and how far it is (0 to 1) where known. */
  progress(message: string, fraction?: number): void;
}

/**
 * One kind of step. `intent` holds only names that we chose before acting; `output` what the kernel chose.
 * `undo` and `observe` work from recorded data alone, may run in another process than `do`, and may run twice.
 */
export interface StepType<I extends Json, O extends Json> {
  /** Unique and stable: it is in the journal. */
  readonly name: string;
  do(intent: I, context: StepContext): Promise<O>;
  /** After it nothing of the step is left; fine when there is nothing. `output` is undefined when the act was never recorded or observed. */
  undo(intent: I, output: O | undefined, signal: AbortSignal): Promise<void>;
  /** Finds what `do` made from the names; undefined when it is not there. */
  observe(intent: I, signal: AbortSignal): Promise<O | undefined>;
}

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
  readonly subject: string | null;
  readonly params: Json;
  readonly state: 'preparing' | 'running' | 'undoing' | 'succeeded' | 'failed' | 'cancelled';
  readonly error: RecordedError | null;
  readonly startedAt: string;
  readonly endedAt: string | null;
}
