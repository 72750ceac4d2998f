import { expect, test } from 'vitest';
import { Connection } from './connection.ts';
import { sampleVm, TempDir } from './testing.ts';

test('a transaction is whole or nothing', () => {
  using dir = new TempDir();
  const store = dir.open();
  const failing = (): void =>
    store.transaction('durable', () => {
      store.vms.insert(sampleVm(1));
      throw new Error('stop');
    });
  expect(failing).toThrow('stop');
  expect(store.vms.list()).toEqual([]);
  const answer = store.transaction('normal', () => {
    store.vms.insert(sampleVm(1));
    return 'answer';
  });
  expect(answer).toBe('answer');
  expect(store.vms.list()).toHaveLength(1);
  store.close();
});

test('transactions do not nest, and a nested one takes the outer one with it', () => {
  using dir = new TempDir();
  const store = dir.open();
  const nested = (): void =>
    store.transaction('durable', () => {
      store.vms.insert(sampleVm(1));
      store.transaction('normal', () => {});
    });
  expect(nested).toThrow(/do not nest/);
  expect(store.vms.list()).toEqual([]);
  store.close();
});

test('an asynchronous body is refused and changes nothing', () => {
  using dir = new TempDir();
  const store = dir.open();
  const body = async (): Promise<void> => {
    store.vms.insert(sampleVm(1));
    await Promise.reject(new Error('never seen'));
  };
  expect(() => store.transaction('normal', body)).toThrow(/must not be asynchronous/);
  expect(store.vms.list()).toEqual([]);
  store.close();
});

test('a durable commit is synced, a normal one is not, and neither changes the next', () => {
  using dir = new TempDir();
  const connection = new Connection(dir.file());
  connection.pragma('journal_mode = WAL');
  connection.pragma('synchronous = NORMAL');
  const level = (): unknown => connection.pragma('synchronous');
  expect(connection.transaction('durable', level)).toBe(2);
  expect(level()).toBe(1);
  expect(connection.transaction('normal', level)).toBe(1);
  expect(() => connection.transaction('durable', () => connection.exec('nonsense'))).toThrow(/syntax error/);
  expect(level()).toBe(1);
  connection.close();
});

test('a failed nested call inside a durable transaction leaves the level for the commit of its caller', () => {
  using dir = new TempDir();
  const connection = new Connection(dir.file());
  connection.pragma('synchronous = NORMAL');
  connection.transaction('durable', () => {
    expect(() => connection.transaction('normal', () => {})).toThrow(/do not nest/);
    expect(connection.pragma('synchronous')).toBe(2);
  });
  connection.close();
});
