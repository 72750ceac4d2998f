import { safeLine } from '../output/text.ts';
import type { Operation } from './display.ts';

/** One line of the display: a stage of the only operation, or one of several operations. */
export interface Row {
  readonly label: string;
  readonly state: 'running' | 'done' | 'failed' | 'undone';
  readonly message: string;
  /** 0 to 1 where known. */
  readonly fraction: number | undefined;
  /** Undefined while it runs. */
  readonly durationMs: number | undefined;
}

/** A stage that has not begun has no row. */
export function stageRows(operation: Operation): Row[] {
  return operation.stages.flatMap(({ name, state, message, fraction, durationMs }) =>
    state === 'pending'
      ? []
      : {
          label: safeLine(name),
          state,
          message: safeLine(message ?? ''),
          fraction: fraction ?? undefined,
          durationMs: durationMs ?? undefined,
        },
  );
}

/** An operation as one row, which says what it is at. */
export function operationRow(label: string, operation: Operation): Row {
  const running = operation.stages.find(({ state }) => state === 'running');
  const message = running === undefined ? '' : safeLine(running.message ?? running.name);
  const state = operation.state === 'succeeded' ? 'done' : operation.state === 'running' ? 'running' : 'failed';
  const tookMs =
    operation.endedAt === null ? undefined : Date.parse(operation.endedAt) - Date.parse(operation.startedAt);
  return { label: safeLine(label), state, message, fraction: running?.fraction ?? undefined, durationMs: tookMs };
}
