import type { Connection } from './connection.ts';
import { RecordWriter, toJson } from './record-table.ts';
import type { Journal, Json, RecordedStep } from './types.ts';

interface StepRow {
  readonly seq: number;
  readonly type: string;
  readonly stage: string;
  readonly intent: string;
  readonly state: string;
  readonly output: string | null;
  readonly duration_ms: number | null;
}

interface StoredStep extends RecordedStep {
  readonly operation: string;
}

/** The steps of operations, numbered from 0 in the order in which they were planned. */
export class StepTable {
  readonly #connection: Connection;
  readonly #writer: RecordWriter<StoredStep>;

  constructor(connection: Connection) {
    this.#connection = connection;
    this.#writer = new RecordWriter<StoredStep>(connection, 'steps', {
      operation: { column: 'operation' },
      seq: { column: 'seq' },
      type: { column: 'type' },
      stage: { column: 'stage' },
      intent: { column: 'intent', encode: toJson },
      state: { column: 'state' },
      output: { column: 'output', encode: toJson },
      durationMs: { column: 'duration_ms' },
    });
  }

  /** Behind the steps that the operation has already. */
  append(operation: string, steps: Parameters<Journal['planSteps']>[1]): void {
    const statement = this.#connection.prepare<{ next: number }>(
      'SELECT coalesce(max(seq) + 1, 0) AS next FROM steps WHERE operation = ?',
    );
    const first = statement.get(operation)?.next ?? 0;
    for (const [index, { type, stage, intent }] of steps.entries()) {
      const planned = { state: 'planned', output: undefined, durationMs: null } as const;
      this.#writer.insert({ operation, seq: first + index, type, stage, intent, ...planned });
    }
  }

  of(operation: string): readonly RecordedStep[] {
    const statement = this.#connection.prepare<StepRow>('SELECT * FROM steps WHERE operation = ? ORDER BY seq');
    return statement.all(operation).map(toStep);
  }

  update(operation: string, seq: number, change: Parameters<Journal['updateStep']>[2]): void {
    this.#writer.update({ operation, seq }, change);
  }
}

function toStep(row: StepRow): RecordedStep {
  return {
    seq: row.seq,
    type: row.type,
    stage: row.stage,
    intent: JSON.parse(row.intent) as Json,
    state: row.state as RecordedStep['state'], // a CHECK of the table holds it to the list
    output: row.output === null ? undefined : (JSON.parse(row.output) as Json),
    durationMs: row.duration_ms,
  };
}
