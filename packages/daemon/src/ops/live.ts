import type { StepObserver } from './step-runner.ts';
import type { PrepareStage, StageProgress } from './view.ts';

/** What is only in memory about an operation that this process runs. */
export interface LiveState {
  readonly prepare?: PrepareStage;
  readonly progress?: StageProgress;
}

/** The running end of an operation: its signal, and where its progress goes. */
export class LiveOperation implements StepObserver {
  readonly signal: AbortSignal;
  readonly #publish: (change: Partial<LiveState>) => void;

  /** `publish` merges the change into the live state and wakes who waits for a change. */
  constructor(signal: AbortSignal, publish: (change: Partial<LiveState>) => void) {
    this.signal = signal;
    this.#publish = publish;
  }

  changed(): void {
    this.#publish({});
  }

  prepare(prepare: PrepareStage): void {
    this.#publish({ prepare });
  }

  progress(stage: string, message: string, fraction: number | null): void {
    this.#publish({ progress: { stage, message, fraction } });
  }
}
