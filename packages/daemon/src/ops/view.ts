import type { Result } from '@banger/api-types';
import type { RecordedOperation, RecordedStep } from './types.ts';

export type OperationView = Result<'op.status'>;
type Stage = OperationView['stages'][number];

/** What a running stage is doing, for people; not in the journal. */
export interface StageProgress {
  readonly stage: string;
  readonly message: string;
  readonly fraction: number | null;
}

/** The stage of `prepare`, which has no steps. */
export interface PrepareStage {
  readonly name: string;
  readonly state: 'running' | 'done' | 'failed';
  readonly durationMs: number | null;
}

/** Neighbouring steps of one stage become one line with the sum of their times. */
export function stagesOf(steps: readonly RecordedStep[], failed: boolean): Stage[] {
  const groups: RecordedStep[][] = [];
  for (const step of steps) {
    const last = groups.at(-1);
    if (last?.[0]?.stage === step.stage) last.push(step);
    else groups.push([step]);
  }
  return groups.map((group) => stageOf(group, failed));
}

function stageOf(group: readonly RecordedStep[], failed: boolean): Stage {
  const times = group.flatMap((step) => (step.durationMs === null ? [] : [step.durationMs]));
  return {
    name: group[0]?.stage ?? '',
    state: stateOf(group, failed),
    message: null,
    fraction: null,
    durationMs: times.length === 0 ? null : times.reduce((sum, time) => sum + time, 0),
  };
}

function stateOf(group: readonly RecordedStep[], failed: boolean): Stage['state'] {
  const has = (state: RecordedStep['state']) => group.some((step) => step.state === state);
  if (has('undo_failed')) return 'failed';
  if (has('undone')) return 'undone';
  if (group.every((step) => step.state === 'done')) return 'done';
  if (has('intended')) return failed ? 'failed' : 'running';
  return has('done') ? 'running' : 'pending';
}

/** What `op.status` answers, from recorded data and, while it runs, its live progress. */
export function viewOf(
  operation: RecordedOperation,
  steps: readonly RecordedStep[],
  live: { version: number; prepare?: PrepareStage | undefined; progress?: StageProgress | undefined },
): OperationView {
  const state = publicState(operation);
  const stages = stagesOf(steps, operation.error !== null);
  if (live.prepare) stages.unshift({ message: null, fraction: null, ...live.prepare });
  const { progress } = live;
  return {
    id: operation.id,
    kind: operation.kind,
    subject: operation.subject,
    state,
    version: live.version,
    stages: progress
      ? stages.map((stage) =>
          stage.name === progress.stage && stage.state === 'running'
            ? { ...stage, message: progress.message, fraction: progress.fraction }
            : stage,
        )
      : stages,
    // While it is undone the reason is recorded already, but it has not failed yet.
    error: state === 'running' ? null : operation.error,
    startedAt: operation.startedAt,
    endedAt: operation.endedAt,
  };
}

function publicState({ state, endedAt }: RecordedOperation): OperationView['state'] {
  if (state === 'preparing') return 'running';
  // An incomplete undo has ended; the journal keeps it open, so that the next start tries again.
  if (state === 'undoing') return endedAt === null ? 'running' : 'failed';
  return state;
}
