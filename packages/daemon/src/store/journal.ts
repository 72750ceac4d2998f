import type { Clock } from '@banger/system';
import { BangerError } from '../errors.ts';
import type { Connection } from './connection.ts';
import { RecordWriter, toJson } from './record-table.ts';
import { StepTable } from './step-table.ts';
import type { IdempotencyRecord, Journal, Json, RecordedError, RecordedOperation, RecordedStep } from './types.ts';

const KEY_LIFETIME_MS = 24 * 60 * 60 * 1000;
const ENDED = `('succeeded', 'failed', 'cancelled')`;

interface OperationRow {
  readonly id: string;
  readonly kind: string;
  readonly subject: string;
  readonly params: string;
  readonly state: string;
  readonly error: string | null;
  readonly started_at: string;
  readonly ended_at: string | null;
}

export class SqliteJournal implements Journal {
  readonly #connection: Connection;
  readonly #clock: Pick<Clock, 'now'>;
  readonly #writer: RecordWriter<RecordedOperation>;
  readonly #steps: StepTable;

  constructor(connection: Connection, clock: Pick<Clock, 'now'>) {
    this.#connection = connection;
    this.#clock = clock;
    this.#steps = new StepTable(connection);
    this.#writer = new RecordWriter<RecordedOperation>(connection, 'operations', {
      id: { column: 'id' },
      kind: { column: 'kind' },
      subject: { column: 'subject' },
      params: { column: 'params', encode: toJson },
      state: { column: 'state' },
      error: { column: 'error', encode: (error) => (error === null ? null : JSON.stringify(error)) },
      startedAt: { column: 'started_at' },
      endedAt: { column: 'ended_at' },
    });
  }

  insert(operation: RecordedOperation): void {
    this.#writer.insert(operation);
  }

  update(id: string, change: Parameters<Journal['update']>[1]): void {
    this.#writer.update({ id }, change);
  }

  get(id: string): RecordedOperation | undefined {
    const row = this.#connection.prepare<OperationRow>('SELECT * FROM operations WHERE id = ?').get(id);
    return row === undefined ? undefined : toOperation(row);
  }

  unfinished(): readonly RecordedOperation[] {
    const sql = `SELECT * FROM operations WHERE state NOT IN ${ENDED} ORDER BY number`;
    return this.#connection.prepare<OperationRow>(sql).all().map(toOperation);
  }

  planSteps(operation: string, steps: Parameters<Journal['planSteps']>[1]): void {
    this.#connection.atomically(() => this.#steps.append(operation, steps));
  }

  steps(operation: string): readonly RecordedStep[] {
    return this.#steps.of(operation);
  }

  updateStep(operation: string, seq: number, change: Parameters<Journal['updateStep']>[2]): void {
    this.#steps.update(operation, seq, change);
  }

  findKey(key: string, now: Date): IdempotencyRecord | undefined {
    const statement = this.#connection.prepare<{ params_digest: string; operation: string }>(
      'SELECT params_digest, operation FROM idempotency_keys WHERE key = ? AND expires_at > ?',
    );
    const row = statement.get(key, now.toISOString());
    return row === undefined ? undefined : { key, paramsDigest: row.params_digest, operation: row.operation };
  }

  bindKey(record: IdempotencyRecord, now: Date): void {
    const expiresAt = new Date(now.getTime() + KEY_LIFETIME_MS).toISOString();
    const changes = this.#connection
      .prepare(
        `INSERT INTO idempotency_keys (key, params_digest, operation, expires_at) VALUES (?, ?, ?, ?)
         ON CONFLICT (key) DO UPDATE
           SET params_digest = excluded.params_digest, operation = excluded.operation, expires_at = excluded.expires_at
           WHERE expires_at <= ? OR params_digest = excluded.params_digest`,
      )
      .run(record.key, record.paramsDigest, record.operation, expiresAt, now.toISOString());
    if (changes > 0) return;
    throw new BangerError('idempotency_conflict', `the idempotency key "${record.key}" is in use`, {
      remediation: 'Use a fresh key for each thing that you want done once.',
      details: { key: record.key },
    });
  }

  prune(before: Date): void {
    const now = this.#clock.now().toISOString();
    this.#connection.atomically(() => {
      this.#connection.prepare('DELETE FROM idempotency_keys WHERE expires_at <= ?').run(now);
      // An operation that a live key or a VM names stays, whatever its age: it would be asked for.
      this.#connection
        .prepare(
          `DELETE FROM operations WHERE state IN ${ENDED} AND ended_at < ?
             AND id NOT IN (SELECT boot_operation FROM vms WHERE boot_operation IS NOT NULL)
             AND id NOT IN (SELECT operation FROM idempotency_keys)`,
        )
        .run(before.toISOString());
    });
  }
}

function toOperation(row: OperationRow): RecordedOperation {
  return {
    id: row.id,
    kind: row.kind,
    subject: row.subject,
    params: JSON.parse(row.params) as Json,
    state: row.state as RecordedOperation['state'], // a CHECK of the table holds it to the list
    error: row.error === null ? null : (JSON.parse(row.error) as RecordedError),
    startedAt: row.started_at,
    endedAt: row.ended_at,
  };
}
