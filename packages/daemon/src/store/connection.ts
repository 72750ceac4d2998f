import Database from 'better-sqlite3';
import { BangerError } from '../errors.ts';
import { translateSqliteError } from './sqlite-error.ts';

export type SqlValue = string | number | null;

/** A prepared statement; rows come as plain objects, shaped by the mappers of the tables. */
export interface Statement<Row> {
  /** Number of changed rows. */
  run(...values: readonly SqlValue[]): number;
  get(...values: readonly SqlValue[]): Row | undefined;
  all(...values: readonly SqlValue[]): readonly Row[];
}

/** The one open connection: statements cached by their text, transactions, errors translated. */
export class Connection {
  readonly path: string;
  readonly #database: Database.Database;
  readonly #statements = new Map<string, Statement<never>>();
  readonly #rollbackListeners: (() => void)[] = [];

  /** @throws BangerError state_corrupt, permission_denied */
  constructor(path: string) {
    this.path = path;
    // No waiting for other writers: there are none while the state lock is held.
    this.#database = this.#guard(() => new Database(path, { timeout: 0 }));
  }

  prepare<Row>(sql: string): Statement<Row> {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const prepared = this.#guard(() => this.#database.prepare<SqlValue[], Row>(sql));
    const statement: Statement<Row> = {
      run: (...values) => this.#guard(() => prepared.run(...values).changes),
      get: (...values) => this.#guard(() => prepared.get(...values)),
      all: (...values) => this.#guard(() => prepared.all(...values)),
    };
    this.#statements.set(sql, statement as Statement<never>);
    return statement;
  }

  /** Several statements without parameters. */
  exec(sql: string): void {
    this.#guard(() => this.#database.exec(sql));
  }

  pragma(source: string): unknown {
    return this.#guard(() => this.#database.pragma(source, { simple: true }));
  }

  /** Called after each rollback, so that what was cached from uncommitted rows is dropped. */
  onRollback(listener: () => void): void {
    this.#rollbackListeners.push(listener);
  }

  /** `durable`: on the disk when it returns. `normal`: survives the death of the process, not a power cut. */
  transaction<T>(durability: 'durable' | 'normal', body: () => T): T {
    if (this.#database.inTransaction) throw new BangerError('internal', 'store transactions do not nest');
    // The pragma has no effect inside a transaction; FULL costs an fsync, so it holds for this commit alone.
    if (durability === 'durable') this.pragma('synchronous = FULL');
    try {
      return this.#inTransaction(body);
    } finally {
      if (durability === 'durable') this.pragma('synchronous = NORMAL');
    }
  }

  /** Several statements that must not be torn apart: in the caller's transaction where there is one. */
  atomically<T>(body: () => T): T {
    return this.#database.inTransaction ? body() : this.transaction('normal', body);
  }

  close(): void {
    this.#guard(() => this.#database.close());
  }

  #inTransaction<T>(body: () => T): T {
    this.exec('BEGIN IMMEDIATE');
    try {
      const result = body();
      if (result instanceof Promise) {
        result.catch(() => {}); // its error would be about a transaction that never was
        throw new BangerError('internal', 'the body of a store transaction must not be asynchronous');
      }
      this.exec('COMMIT');
      return result;
    } catch (error) {
      this.#rollback();
      throw error;
    }
  }

  #rollback(): void {
    // SQLite has rolled back by itself after some errors (disk full, I/O).
    if (this.#database.inTransaction) this.exec('ROLLBACK');
    for (const listener of this.#rollbackListeners) listener();
  }

  #guard<T>(act: () => T): T {
    try {
      return act();
    } catch (error) {
      throw translateSqliteError(error, this.path);
    }
  }
}
