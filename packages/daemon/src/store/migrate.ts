import { chmodSync, renameSync, rmSync } from 'node:fs';
import { BangerError } from '../errors.ts';
import type { Connection } from './connection.ts';
import type { Migration } from './migrations.ts';
import { APPLICATION_ID } from './migrations.ts';
import { corrupt } from './sqlite-error.ts';

/**
 * Brings the schema to the newest version, each step in a transaction of its own; a database with content is copied
 * to `<path>.v<version>.bak` first.
 * @throws BangerError state_corrupt when the database is newer than this program, or is none of ours.
 */
export function migrate(connection: Connection, migrations: readonly Migration[]): void {
  const current = Number(connection.pragma('user_version'));
  const newest = migrations.at(-1)?.version ?? 0;
  assertOurs(connection, current);
  if (current > newest) {
    throw new BangerError(
      'state_corrupt',
      `the database ${connection.path} has version ${current}, this banger knows versions up to ${newest}`,
      {
        remediation:
          'Use the newer banger that wrote it; or move the file away and put its backup ' +
          `(${connection.path}.v${newest}.bak, if there is one) in its place. Nothing was changed.`,
        details: { database: connection.path, found: current, newest },
      },
    );
  }
  const pending = migrations.filter(({ version }) => version > current);
  if (pending.length === 0) return;
  if (current > 0) backUp(connection, current);
  for (const { version, sql } of pending) {
    connection.transaction('durable', () => {
      connection.exec(sql);
      connection.pragma(`application_id = ${APPLICATION_ID}`);
      connection.pragma(`user_version = ${version}`);
    });
  }
}

function assertOurs(connection: Connection, version: number): void {
  const empty = version === 0 && connection.prepare('SELECT 1 FROM sqlite_schema LIMIT 1').get() === undefined;
  if (!empty && connection.pragma('application_id') !== APPLICATION_ID) {
    throw corrupt(connection.path, 'it is a database of another program');
  }
}

function backUp(connection: Connection, version: number): void {
  const target = `${connection.path}.v${version}.bak`;
  const partial = `${target}.partial`;
  rmSync(partial, { force: true });
  connection.prepare('VACUUM INTO ?').run(partial);
  chmodSync(partial, 0o600);
  renameSync(partial, target);
}
