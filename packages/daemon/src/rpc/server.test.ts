import { setTimeout as sleep } from 'node:timers/promises';
import { decodeJson, encodeFrame, FrameDecoder } from '@banger/api-types';
import { expect, test } from 'vitest';
import { BangerError } from '../errors.ts';
import { startHarness } from './test-harness.ts';
import type { CallContext, Handlers } from './types.ts';

const vm = '0123456789abcdef';
const listed = { vms: [] };

function operationOf(id: string): Awaited<ReturnType<Handlers['op.status']>> {
  const time = '2026-01-01T00:00:00.000Z';
  return {
    id,
    kind: 'vm.create',
    subject: null,
    state: 'running',
    version: 1,
    stages: [],
    error: null,
    startedAt: time,
    endedAt: null,
  };
}

/** `op.status` that waits until a test says so; the operation's id tells the waits apart. */
function waiting(): { handlers: Partial<Handlers>; go: Map<string, () => void>; ended: string[] } {
  const go = new Map<string, () => void>();
  const ended: string[] = [];
  const handlers: Partial<Handlers> = {
    'vm.list': () => listed,
    'op.status': ({ operation }, { signal }) =>
      new Promise((resolve, reject) => {
        go.set(operation, () => resolve(operationOf(operation)));
        signal.addEventListener('abort', () => {
          ended.push(operation);
          reject(signal.reason);
        });
      }),
  };
  return { handlers, go, ended };
}

test('many calls are in flight on one connection and are answered as they complete', async () => {
  const { handlers, go } = waiting();
  await using harness = await startHarness(handlers);
  const raw = await harness.raw();
  await raw.handshake();
  const ids = ['a', 'b', 'c'].map((digit) => digit.repeat(16));
  const calls = ids.map((operation) => raw.call('op.status', { operation }));
  const quick = raw.call('vm.list');
  expect(await raw.answer()).toEqual({ jsonrpc: '2.0', result: listed, id: quick });
  await expect.poll(() => go.size).toBe(3);
  for (const index of [2, 0, 1]) {
    go.get(ids[index]!)!();
    expect(await raw.answer()).toMatchObject({ id: calls[index], result: { id: ids[index] } });
  }
});

test('the typed client talks to the server', async () => {
  await using harness = await startHarness({
    'vm.list': () => listed,
    'vm.show': () => {
      throw new BangerError('vm_not_found', 'no VM is called web', { details: { near: ['www'] } });
    },
  });
  const client = await harness.client();
  expect(await client.call('vm.list', {})).toEqual(listed);
  expect(await client.daemon).toMatchObject({ daemon: 'bangerd 1.0.0', instance: '0a0b0c0d' });
  await expect(client.call('vm.show', { vm: 'web' })).rejects.toMatchObject({
    code: 'vm_not_found',
    message: 'no VM is called web',
    details: { near: ['www'] },
  });
});

test('a batch may hold the handshake', async () => {
  await using harness = await startHarness({ 'vm.list': () => listed });
  const raw = await harness.raw();
  const handshake = { jsonrpc: '2.0', id: 1, method: 'handshake', params: { protocol: 1, client: 'raw' } };
  raw.write(`${JSON.stringify([handshake, { jsonrpc: '2.0', id: 2, method: 'vm.list' }])}\n`);
  expect(await raw.answer()).toMatchObject([{ id: 1 }, { id: 2, result: listed }]);
});

test('without a handshake nothing else is answered', async () => {
  await using harness = await startHarness({ 'vm.list': () => listed });
  const raw = await harness.raw();
  raw.call('vm.list');
  expect(await raw.answer()).toMatchObject({ error: { code: 1002, data: { code: 'handshake_required' } } });
  await raw.handshake();
  raw.call('vm.list');
  expect(await raw.answer()).toMatchObject({ result: listed });
});

test('characters that chunk borders divide stay whole', async () => {
  let seen = '';
  await using harness = await startHarness({
    'vm.show': ({ vm }) => {
      seen = vm;
      throw new BangerError('vm_not_found', vm);
    },
  });
  const raw = await harness.raw();
  await raw.handshake();
  const line = Buffer.from(
    `${JSON.stringify({ jsonrpc: '2.0', id: 9, method: 'vm.show', params: { vm: 'žluť 🐎' } })}\n`,
  );
  for (const byte of line) {
    raw.write(Uint8Array.of(byte));
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
  }
  expect(await raw.answer()).toMatchObject({ id: 9, error: { data: { message: 'žluť 🐎' } } });
  expect(seen).toBe('žluť 🐎');
});

test('a disconnect ends the waits of that connection only', async () => {
  const { handlers, go, ended } = waiting();
  await using harness = await startHarness(handlers);
  const [first, second] = [await harness.raw(), await harness.raw()];
  await Promise.all([first.handshake(), second.handshake()]);
  first.call('op.status', { operation: 'a'.repeat(16) });
  second.call('op.status', { operation: 'b'.repeat(16) });
  await expect.poll(() => go.size).toBe(2);
  first.close();
  await expect.poll(() => ended, { timeout: 3000 }).toEqual(['a'.repeat(16)]);
  go.get('b'.repeat(16))!();
  expect(await second.answer()).toMatchObject({ result: { id: 'b'.repeat(16) } });
});

test('a client that has ended its side still gets its answers', async () => {
  await using harness = await startHarness({
    'vm.list': async () => {
      await sleep(50);
      return listed;
    },
  });
  const raw = await harness.raw();
  raw.call('handshake', { protocol: 1, client: 'raw' });
  const id = raw.call('vm.list');
  raw.socket.end();
  await raw.answer();
  expect(await raw.answer()).toMatchObject({ id, result: listed });
  expect(await raw.answer()).toBeUndefined();
});

test('an error that nobody expected is logged, not sent', async () => {
  await using harness = await startHarness({
    'vm.list': () => {
      throw new TypeError('secret');
    },
  });
  const raw = await harness.raw();
  await raw.handshake();
  raw.call('vm.list');
  const answer = await raw.answer();
  expect(answer).toMatchObject({ error: { code: -32603, data: { code: 'internal' } } });
  expect(JSON.stringify(answer)).not.toContain('secret');
  expect(harness.errors).toHaveLength(1);
});

function echoing(context: CallContext): { ticket: string; expiresInMs: number } {
  return context.issueTicket(async (stream) => {
    for await (const frame of stream.frames) {
      if (frame.type === 'signal') throw new BangerError('vm_died', 'the VM is gone');
      if (frame.payload.length === 0) return;
      await stream.send('stdout', frame.payload);
    }
  });
}

test('a ticket opens a stream once', async () => {
  await using harness = await startHarness({ 'vm.exec': (_params, context) => echoing(context) });
  const client = await harness.client();
  const { ticket } = await client.call('vm.exec', { vm, argv: ['cat'] });
  const stream = await client.openStream(ticket);
  await stream.send('stdin', Buffer.from('hello'));
  const frames = stream.frames[Symbol.asyncIterator]();
  const { value } = await frames.next();
  expect(value).toMatchObject({ type: 'stdout' });
  expect(Buffer.from(value.payload).toString()).toBe('hello');
  await stream.send('signal', new Uint8Array(0));
  expect(decodeJson((await frames.next()).value.payload)).toMatchObject({ code: 'vm_died' });

  const again = await client.openStream(ticket);
  for await (const frame of again.frames) {
    expect(frame.type).toBe('error');
    expect(decodeJson(frame.payload)).toMatchObject({ code: 'ticket_invalid' });
  }
});

test('frames may follow the ticket in the same chunk', async () => {
  await using harness = await startHarness({ 'vm.exec': (_params, context) => echoing(context) });
  const client = await harness.client();
  const { ticket } = await client.call('vm.exec', { vm, argv: ['cat'] });
  const raw = await harness.raw();
  raw.socket.removeAllListeners('data');
  const seen: string[] = [];
  const decoder = new FrameDecoder();
  raw.socket.on('data', (chunk) => {
    for (const { payload } of decoder.push(chunk)) seen.push(Buffer.from(payload).toString());
  });
  const line = Buffer.from(`${JSON.stringify({ ticket })}\n`);
  raw.write(
    Buffer.concat([line, encodeFrame('stdin', Buffer.from('at once')), encodeFrame('stdin', new Uint8Array(0))]),
  );
  await expect.poll(() => seen).toEqual(['at once']);
  await expect.poll(() => raw.socket.readableEnded).toBe(true);
});

test('what is no frame ends the stream with an error', async () => {
  await using harness = await startHarness({ 'vm.exec': (_params, context) => echoing(context) });
  const client = await harness.client();
  const { ticket } = await client.call('vm.exec', { vm, argv: ['cat'] });
  const raw = await harness.raw();
  raw.socket.removeAllListeners('data');
  let last = '';
  raw.socket.on('data', (chunk) => {
    last += chunk.toString();
  });
  raw.write(`${JSON.stringify({ ticket })}\nhello?`);
  await expect.poll(() => last).toContain('unknown frame type');
  expect(last).toContain('invalid_request');
});

test('a client may close its connection as soon as the stream is open', async () => {
  await using harness = await startHarness({ 'vm.exec': (_params, context) => echoing(context) });
  for (let i = 0; i < 20; i += 1) {
    const client = await harness.client();
    const { ticket } = await client.call('vm.exec', { vm, argv: ['cat'] });
    const stream = await client.openStream(ticket);
    client.close();
    await stream.send('stdin', Buffer.from('on its own'));
    const { value } = await stream.frames[Symbol.asyncIterator]().next();
    expect(value).toMatchObject({ type: 'stdout' });
    stream.close();
  }
});

test('a ticket is void when the connection that asked for it is gone', async () => {
  await using harness = await startHarness({ 'vm.exec': (_params, context) => echoing(context) });
  const [asking, redeeming] = [await harness.client(), await harness.client()];
  const { ticket } = await asking.call('vm.exec', { vm, argv: ['cat'] });
  await redeeming.daemon;
  asking.close();
  await expect.poll(() => harness.server.connectionCount).toBe(1);
  await sleep(150);
  const stream = await redeeming.openStream(ticket);
  for await (const frame of stream.frames) expect(decodeJson(frame.payload)).toMatchObject({ code: 'ticket_invalid' });
});

test('a stream learns that its client is gone, also where nobody reads', async () => {
  let reason: unknown;
  await using harness = await startHarness({
    'vm.exec': (_params, { issueTicket }) =>
      issueTicket(async (stream) => {
        await new Promise((resolve) => {
          stream.closed.addEventListener('abort', resolve);
        });
        reason = stream.closed.reason;
      }),
  });
  const client = await harness.client();
  const { ticket } = await client.call('vm.exec', { vm, argv: ['true'] });
  const stream = await client.openStream(ticket);
  await expect.poll(() => harness.server.connectionCount).toBe(2);
  stream.close();
  await expect.poll(() => reason).toMatchObject({ name: 'AbortError' });
});

test('close() ends waits and streams, answers new calls with shutting_down and waits for those in flight', async () => {
  const { handlers, go } = waiting();
  let finish: (() => void) | undefined;
  const harness = await startHarness({
    ...handlers,
    'vm.exec': (_params, context) => echoing(context),
    'vm.list': () =>
      new Promise((resolve) => {
        finish = () => resolve(listed);
      }),
  });
  const raw = await harness.raw();
  await raw.handshake();
  const client = await harness.client();
  const { ticket } = await client.call('vm.exec', { vm, argv: ['cat'] });
  const stream = await client.openStream(ticket);
  const wait = raw.call('op.status', { operation: 'a'.repeat(16) });
  const busy = raw.call('vm.list');
  await expect.poll(() => finish !== undefined && go.size === 1).toBe(true);

  let closed = false;
  const closing = harness.server.close({ deadlineMs: 5000 }).then(() => {
    closed = true;
  });
  expect(await raw.answer()).toMatchObject({ id: wait, error: { data: { code: 'shutting_down' } } });
  for await (const frame of stream.frames) expect(decodeJson(frame.payload)).toMatchObject({ code: 'shutting_down' });
  const late = raw.call('vm.list');
  expect(await raw.answer()).toMatchObject({ id: late, error: { data: { code: 'shutting_down' } } });
  expect(closed).toBe(false);
  finish!();
  expect(await raw.answer()).toMatchObject({ id: busy, result: listed });
  expect(await raw.answer()).toBeUndefined();
  await closing;
  await expect(harness.client()).rejects.toMatchObject({ code: 'daemon_unreachable' });
  await harness[Symbol.asyncDispose]();
});

test('close() does not wait for ever', async () => {
  const harness = await startHarness({ 'vm.list': () => new Promise(() => {}) });
  const raw = await harness.raw();
  await raw.handshake();
  raw.call('vm.list');
  await harness.server.close({ deadlineMs: 50 });
  expect(await raw.answer()).toBeUndefined();
  await harness[Symbol.asyncDispose]();
});
