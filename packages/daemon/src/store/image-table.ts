import type { Connection } from './connection.ts';
import { RecordWriter } from './record-table.ts';
import type { ImageRecord, ImageTable } from './types.ts';

interface ImageRow {
  readonly id: string;
  readonly name: string;
  readonly digest: string;
  readonly size_bytes: number;
  readonly stored_bytes: number;
  readonly kernel_version: string;
  readonly created_at: string;
}

export class SqliteImageTable implements ImageTable {
  readonly #connection: Connection;
  readonly #writer: RecordWriter<ImageRecord>;

  constructor(connection: Connection) {
    this.#connection = connection;
    this.#writer = new RecordWriter<ImageRecord>(connection, 'images', {
      id: { column: 'id' },
      name: { column: 'name' },
      digest: { column: 'digest' },
      sizeBytes: { column: 'size_bytes' },
      storedBytes: { column: 'stored_bytes' },
      kernelVersion: { column: 'kernel_version' },
      createdAt: { column: 'created_at' },
    });
  }

  insert(image: ImageRecord): void {
    this.#writer.insert(image);
  }

  delete(id: string): void {
    this.#connection.prepare('DELETE FROM images WHERE id = ?').run(id);
  }

  get(id: string): ImageRecord | undefined {
    const row = this.#connection.prepare<ImageRow>('SELECT * FROM images WHERE id = ?').get(id);
    return row === undefined ? undefined : toImage(row);
  }

  list(): readonly ImageRecord[] {
    const statement = this.#connection.prepare<ImageRow>('SELECT * FROM images ORDER BY created_at DESC, rowid DESC');
    return statement.all().map(toImage);
  }
}

function toImage(row: ImageRow): ImageRecord {
  return {
    id: row.id,
    name: row.name,
    digest: row.digest,
    sizeBytes: row.size_bytes,
    storedBytes: row.stored_bytes,
    kernelVersion: row.kernel_version,
    createdAt: row.created_at,
  };
}
