import {
  closeSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { rename } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { Connection } from './connection.ts';
import { openStore } from './open.ts';
import { NOW, sampleVm, TempDir } from './testing.ts';

const clock = { now: () => NOW };

test('the database is private to its owner, its WAL too', () => {
  using dir = new TempDir();
  const store = dir.open();
  store.vms.insert(sampleVm(1));
  for (const name of ['banger.db', 'banger.db-wal']) expect(statSync(dir.file(name)).mode & 0o777).toBe(0o600);
  store.close();
  expect(readdirSync(dir.path)).toEqual(['banger.db']);
});

test('the instance id is made once, also follows a moved directory, and is the same when the database was lost', async () => {
  using one = new TempDir();
  using two = new TempDir();
  const first = one.open();
  const id = first.instanceId;
  expect(id).toMatch(/^[0-9a-f]{8}$/);
  first.close();
  const other = two.open();
  expect(other.instanceId).not.toBe(id);
  other.close();
  await rename(one.file(), two.file());
  const moved = two.open();
  expect(moved.instanceId).toBe(id);
  moved.close();
  const anew = one.open();
  expect(anew.instanceId).toBe(id);
  anew.close();
});

test('a file that is no database is refused and left as it is', () => {
  using dir = new TempDir();
  writeFileSync(dir.file(), 'this is not a database, but somebody may want it back\n'.repeat(50));
  const before = readFileSync(dir.file());
  const refused = {
    code: 'state_corrupt',
    message: expect.stringContaining(dir.file()),
    remediation: expect.any(String),
  };
  expect(() => openStore({ path: dir.file(), clock })).toThrow(expect.objectContaining(refused));
  expect(readFileSync(dir.file())).toEqual(before);
  expect(readdirSync(dir.path)).toEqual(['banger.db']);
});

test('a database of another program is refused and left as it is', () => {
  using dir = new TempDir();
  const foreign = new Connection(dir.file());
  foreign.exec('CREATE TABLE notes (text TEXT)');
  foreign.close();
  expect(() => openStore({ path: dir.file(), clock })).toThrow(
    expect.objectContaining({ code: 'state_corrupt', message: expect.stringContaining('another program') }),
  );
});

test('damaged and cut-off databases are found when they are opened', () => {
  using dir = new TempDir();
  const store = dir.open();
  store.transaction('normal', () => {
    for (let number = 0; number < 200; number++) store.vms.insert(sampleVm(number));
  });
  store.close();
  const whole = readFileSync(dir.file());
  const file = openSync(dir.file(), 'r+');
  for (let offset = 4096; offset < whole.length; offset += 4096) writeSync(file, Buffer.alloc(64, 0xee), 0, 64, offset);
  closeSync(file);
  expect(() => openStore({ path: dir.file(), clock })).toThrow(expect.objectContaining({ code: 'state_corrupt' }));
  writeFileSync(dir.file(), whole);
  truncateSync(dir.file(), Math.floor(whole.length / 2 / 4096) * 4096);
  expect(() => openStore({ path: dir.file(), clock })).toThrow(expect.objectContaining({ code: 'state_corrupt' }));
  writeFileSync(dir.file(), whole);
  const again = dir.open();
  expect(again.vms.list()).toHaveLength(200);
  again.close();
});

test('a path that cannot be a database says so', () => {
  using dir = new TempDir();
  writeFileSync(dir.file('file'), '');
  expect(() => openStore({ path: dir.file('file/banger.db'), clock })).toThrow(
    expect.objectContaining({ code: 'permission_denied' }),
  );
});
