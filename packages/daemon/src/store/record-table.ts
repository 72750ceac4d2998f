import { BangerError } from '../errors.ts';
import type { Connection, SqlValue } from './connection.ts';

/** Which column holds a field, and how it is written. Fields without `encode` are strings, numbers or null. */
export interface Column<T, K extends keyof T = keyof T> {
  readonly field: K;
  readonly column: string;
  readonly encode?: (value: T[K]) => SqlValue;
}

type Columns<T> = { readonly [K in keyof T & string]: Omit<Column<T, K>, 'field'> };

/** Writes records of one type: full inserts, and updates of just the fields that a change names. */
export class RecordWriter<T extends object> {
  readonly #connection: Connection;
  readonly #table: string;
  readonly #columns: Columns<T>;

  constructor(connection: Connection, table: string, columns: Columns<T>) {
    this.#connection = connection;
    this.#table = table;
    this.#columns = columns;
  }

  insert(record: T): void {
    const fields = this.#fields(this.#columns);
    const names = fields.map((field) => this.#columns[field].column);
    const sql = `INSERT INTO ${this.#table} (${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')})`;
    this.#connection.prepare(sql).run(...fields.map((field) => this.#encode(record, field)));
  }

  /** @throws BangerError internal when there is no such row: a lost write must not go unseen. */
  update(key: Readonly<Record<string, SqlValue>>, change: Partial<T>): void {
    const fields = this.#fields(change);
    if (fields.length === 0) return;
    const set = fields.map((field) => `${this.#columns[field].column} = ?`).join(', ');
    const where = Object.keys(key)
      .map((column) => `${column} = ?`)
      .join(' AND ');
    const values = fields.map((field) => this.#encode(change, field));
    const changes = this.#connection
      .prepare(`UPDATE ${this.#table} SET ${set} WHERE ${where}`)
      .run(...values, ...Object.values(key));
    if (changes === 0) {
      throw new BangerError('internal', `no row to update in ${this.#table}`, { details: { table: this.#table, key } });
    }
  }

  #fields(source: object): (keyof T & string)[] {
    return Object.keys(source).filter((field): field is keyof T & string => Object.hasOwn(this.#columns, field));
  }

  #encode<K extends keyof T & string>(source: Partial<T>, field: K): SqlValue {
    const value = source[field] as T[K];
    const encode = this.#columns[field].encode;
    return encode === undefined ? (value as SqlValue) : encode(value);
  }
}

/** JSON text; `undefined` becomes SQL's NULL, `null` the text `null`. */
export function toJson(value: unknown): string | null {
  return value === undefined ? null : JSON.stringify(value);
}
