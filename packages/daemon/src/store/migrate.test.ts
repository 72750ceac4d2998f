import { readdirSync, statSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { Connection } from './connection.ts';
import { migrate } from './migrate.ts';
import { migrations } from './migrations.ts';
import { sampleVm, TempDir } from './testing.ts';

const v1 = { version: 1, sql: 'CREATE TABLE things (name TEXT)' };
const v2 = { version: 2, sql: 'ALTER TABLE things ADD COLUMN size INTEGER; UPDATE things SET size = length(name)' };

test('released migrations count up from 1 without gaps', () => {
  expect(migrations.map(({ version }) => version)).toEqual(migrations.map((_, index) => index + 1));
});

test('content is migrated, after a copy of what was there', () => {
  using dir = new TempDir();
  const connection = new Connection(dir.file());
  migrate(connection, [v1]);
  expect(readdirSync(dir.path)).toEqual(['banger.db']);
  connection.exec("INSERT INTO things VALUES ('abc')");
  writeFileSync(dir.file('banger.db.v1.bak.partial'), 'from a crash in the middle of a copy');
  migrate(connection, [v1, v2]);
  migrate(connection, [v1, v2]);
  expect(connection.prepare('SELECT * FROM things').all()).toEqual([{ name: 'abc', size: 3 }]);
  connection.close();

  expect(readdirSync(dir.path).sort()).toEqual(['banger.db', 'banger.db.v1.bak']);
  expect(statSync(dir.file('banger.db.v1.bak')).mode & 0o777).toBe(0o600);
  const backup = new Connection(dir.file('banger.db.v1.bak'));
  expect(backup.prepare('SELECT * FROM things').all()).toEqual([{ name: 'abc' }]);
  migrate(backup, [v1, v2]); // it can be put in place
  backup.close();
});

test('a migration that fails leaves the version and the content before it', () => {
  using dir = new TempDir();
  const connection = new Connection(dir.file());
  migrate(connection, [v1]);
  connection.exec("INSERT INTO things VALUES ('abc')");
  const broken = { version: 2, sql: 'ALTER TABLE things ADD COLUMN size INTEGER; nonsense' };
  expect(() => migrate(connection, [v1, broken])).toThrow(/syntax error/);
  expect(connection.pragma('user_version')).toBe(1);
  expect(connection.prepare('SELECT * FROM things').all()).toEqual([{ name: 'abc' }]);
  migrate(connection, [v1, v2]);
  connection.close();
});

test('a newer database is refused, naming both versions', () => {
  using dir = new TempDir();
  const store = dir.open();
  store.vms.insert(sampleVm(1));
  store.close();
  const connection = new Connection(dir.file());
  connection.pragma('user_version = 99');
  connection.close();
  expect(() => dir.open()).toThrow(
    expect.objectContaining({
      code: 'state_corrupt',
      message: expect.stringMatching(/version 99, .* up to \d+/),
      details: expect.objectContaining({ found: 99, newest: migrations.length }),
    }),
  );
});
