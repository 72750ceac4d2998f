import { createHash } from 'node:crypto';
import { closeSync, mkdirSync, openSync, realpathSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Clock } from '@banger/system';
import { BangerError } from '../errors.ts';
import { Connection } from './connection.ts';
import { SqliteImageTable } from './image-table.ts';
import { SqliteJournal } from './journal.ts';
import { migrate } from './migrate.ts';
import { migrations } from './migrations.ts';
import { corrupt } from './sqlite-error.ts';
import type { Store } from './types.ts';
import { SqliteVmTable } from './vm-table.ts';

export interface OpenStoreOptions {
  /** The database file; made when it is not there. The caller holds the state lock of its directory. */
  readonly path: string;
  readonly clock: Pick<Clock, 'now'>;
}

/**
 * Opens the database, checks it and brings its schema up to date.
 * @throws BangerError state_corrupt (damaged, foreign or newer file; it is left as it is), permission_denied, disk_full
 */
export function openStore({ path, clock }: OpenStoreOptions): Store {
  ensureFile(path);
  const connection = new Connection(path);
  try {
    prepareConnection(connection);
    migrate(connection, migrations);
    return assemble(connection, clock);
  } catch (error) {
    connection.close();
    throw error;
  }
}

function assemble(connection: Connection, clock: Pick<Clock, 'now'>): Store {
  return {
    instanceId: instanceId(connection),
    vms: new SqliteVmTable(connection),
    images: new SqliteImageTable(connection),
    journal: new SqliteJournal(connection, clock),
    transaction: (durability, body) => connection.transaction(durability, body),
    close: () => connection.close(),
  };
}

/** SQLite gives its WAL the mode of the database, so the file is made private before it has any content. */
function ensureFile(path: string): void {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    closeSync(openSync(path, 'a', 0o600));
  } catch (error) {
    throw new BangerError('permission_denied', `the database ${path} cannot be opened: ${String(error)}`, {
      remediation: 'Run the daemon as a user who may write to its state directory.',
      cause: error,
    });
  }
}

function prepareConnection(connection: Connection): void {
  const mode = connection.pragma('journal_mode = WAL');
  if (mode !== 'wal') {
    throw new BangerError('prerequisite_missing', `the file system of ${connection.path} cannot carry the database`, {
      remediation: 'Put the state directory on a local file system (ext4, xfs, btrfs), not on a network share.',
      details: { database: connection.path, journalMode: mode },
    });
  }
  connection.pragma('synchronous = NORMAL');
  connection.pragma('foreign_keys = ON');
  const finding = connection.pragma('quick_check(1)');
  if (finding !== 'ok') throw corrupt(connection.path, String(finding));
}

/** Kept, so that moving the directory is fine. */
function instanceId(connection: Connection): string {
  const known = connection.prepare<{ value: string }>(`SELECT value FROM meta WHERE key = 'instance_id'`).get();
  if (known !== undefined) return known.value;
  const id = instanceIdOf(realpathSync(dirname(connection.path)));
  connection.transaction('durable', () => {
    connection.prepare(`INSERT INTO meta (key, value) VALUES ('instance_id', ?)`).run(id);
  });
  return id;
}

/** Of a state directory that has no database yet; from its path, so that it is the same again if the database is lost. */
export function instanceIdOf(directory: string): string {
  return createHash('sha256').update(directory).digest('hex').slice(0, 8);
}
