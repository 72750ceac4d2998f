import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { connectQmp } from './client.ts';
import { FakeQmpServer } from './fake-server.ts';

let directory: string;
let server: FakeQmpServer;
const path = () => join(directory, 'qmp.sock');

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'qmp-'));
  server = await FakeQmpServer.listen(path());
});

afterEach(async () => {
  await server[Symbol.asyncDispose]();
  await rm(directory, { recursive: true });
});

test('negotiates, asks and is told', async () => {
  const client = await connectQmp(path());
  expect(client.version).toBe('7.2.22');
  expect(await client.status()).toEqual({ status: 'running', running: true });
  await client.execute('system_powerdown');
  expect(server.commands).toEqual(['qmp_capabilities', 'query-status', 'system_powerdown']);
  client.close();
  await client.closed;
});

test('sees events from the first on', async () => {
  const seen: unknown[] = [];
  server.answers.set('qmp_capabilities', ({ id }) => {
    server.event('RESUME');
    server.send({ return: {}, id });
    server.event('SHUTDOWN', { guest: true });
  });
  const client = await connectQmp(path(), { onEvent: (name, data) => seen.push([name, data]) });
  await client.status();
  expect(seen).toEqual([
    ['RESUME', {}],
    ['SHUTDOWN', { guest: true }],
  ]);
  client.close();
});

test('a refusal is an error of that command only', async () => {
  server.answers.set('quit', ({ id }) => server.send({ error: { class: 'GenericError', desc: 'not now' }, id }));
  const client = await connectQmp(path());
  await expect(client.execute('quit')).rejects.toMatchObject({
    code: 'qmp_refused',
    message: expect.stringContaining('not now'),
  });
  await expect(client.status()).resolves.toHaveProperty('running', true);
  client.close();
});

test('commands in flight are told apart by their ids', async () => {
  const client = await connectQmp(path());
  const held: (() => void)[] = [];
  server.answers.set('stop', ({ id }) => held.push(() => server.send({ error: { class: 'x', desc: 'late' }, id })));
  const stop = client.execute('stop');
  await client.status();
  held[0]?.();
  await expect(stop).rejects.toMatchObject({ code: 'qmp_refused' });
  client.close();
});

test('a missing answer ends at the deadline, and comes too late for the next', async () => {
  const client = await connectQmp(path());
  let late = 0;
  server.answers.set('stop', ({ id }) => void (late = id));
  await expect(client.execute('stop', { timeoutMs: 20 })).rejects.toMatchObject({ code: 'qmp_timeout' });
  server.send({ error: { class: 'x', desc: 'late' }, id: late });
  await expect(client.status()).resolves.toHaveProperty('running', true);
  client.close();
});

test('an abort ends the wait with its reason, and not the connection', async () => {
  const client = await connectQmp(path());
  server.answers.set('stop', () => {});
  const abort = new AbortController();
  const stop = client.execute('stop', { signal: abort.signal });
  abort.abort(new Error('enough'));
  await expect(stop).rejects.toThrow('enough');
  await expect(client.status()).resolves.toHaveProperty('running', true);
  client.close();
});

test('the end of the connection fails what waits, and settles closed', async () => {
  const client = await connectQmp(path());
  server.answers.set('stop', () => server.hangUp());
  await expect(client.execute('stop')).rejects.toMatchObject({ code: 'qmp_closed' });
  await client.closed;
  await expect(client.status()).rejects.toMatchObject({ code: 'qmp_closed' });
});

test('junk closes the connection', async () => {
  const client = await connectQmp(path());
  server.answers.set('stop', () => server.send('hello\n'));
  await expect(client.execute('stop')).rejects.toMatchObject({ code: 'qmp_protocol' });
  await client.closed;
  await expect.poll(() => server.connections).toBe(0);
});

test('nobody listens, nobody greets, nobody waits', async () => {
  await expect(connectQmp(join(directory, 'none.sock'))).rejects.toMatchObject({ code: 'qmp_closed' });
  server.greets = false;
  await expect(connectQmp(path(), { timeoutMs: 20 })).rejects.toMatchObject({ code: 'qmp_timeout' });
  const abort = new AbortController();
  const pending = connectQmp(path(), { signal: abort.signal });
  abort.abort(new Error('enough'));
  await expect(pending).rejects.toThrow('enough');
  await expect.poll(() => server.connections).toBe(0);
});
