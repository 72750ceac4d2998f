import { createHash, randomBytes } from 'node:crypto';
import { PassThrough, Readable, Writable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { decodeJson, encodeFrame, encodeJson, STDIN_WINDOW_BYTES } from '@banger/api-types';
import type { ClientStream } from '@banger/api-types/node';
import { expect, test } from 'vitest';
import { BangerError } from '../errors.ts';
import type { GuestExit, GuestProcess } from '../guest/port.ts';
import { bridgeExec } from './exec-stream.ts';
import { type Harness, startHarness } from './test-harness.ts';

interface FakeProcess extends GuestProcess {
  readonly heard: string[];
  end(exit: GuestExit): void;
  fail(error: Error): void;
}

function fakeProcess(streams: { stdin?: Writable; stdout?: Readable; stderr?: Readable } = {}): FakeProcess {
  const exit = Promise.withResolvers<GuestExit>();
  exit.promise.catch(() => {});
  const heard: string[] = [];
  return {
    stdin: streams.stdin ?? new PassThrough(),
    stdout: streams.stdout ?? Readable.from([]),
    stderr: streams.stderr ?? Readable.from([]),
    exit: exit.promise,
    heard,
    end: exit.resolve,
    fail: exit.reject,
    resize: (columns, rows) => heard.push(`resize ${columns}x${rows}`),
    signal: (name) => heard.push(`signal ${name}`),
    close: () => heard.push('close'),
  };
}

interface Run {
  readonly harness: Harness;
  readonly ticket: string;
  readonly stream: ClientStream;
}

/** Connects a client to a command. */
async function run(guest: GuestProcess): Promise<Run & AsyncDisposable> {
  const harness = await startHarness({
    'vm.exec': (_params, { issueTicket }) => issueTicket((stream) => bridgeExec(stream, guest)),
  });
  const client = await harness.client();
  const { ticket } = await client.call('vm.exec', { vm: 'web', argv: ['x'] });
  const stream = await client.openStream(ticket);
  return {
    harness,
    ticket,
    stream,
    [Symbol.asyncDispose]: async () => {
      stream.close();
      await harness[Symbol.asyncDispose]();
    },
  };
}

interface Output {
  stdout: Buffer;
  stderr: Buffer;
  order: string[];
  last: unknown;
}

async function collect(stream: ClientStream): Promise<Output> {
  const parts: Record<string, Uint8Array[]> = { stdout: [], stderr: [] };
  const order: string[] = [];
  let last: unknown;
  for await (const { type, payload } of stream.frames) {
    order.push(payload.length === 0 ? `${type} ends` : type);
    if (type === 'exit' || type === 'error') last = decodeJson(payload);
    else parts[type]!.push(payload);
  }
  return { stdout: Buffer.concat(parts['stdout']!), stderr: Buffer.concat(parts['stderr']!), order, last };
}

test('output comes apart, then the exit', async () => {
  const guest = fakeProcess({
    stdout: Readable.from([Buffer.from('out')]),
    stderr: Readable.from([Buffer.from('err')]),
  });
  await using started = await run(guest);
  // The exit is known before the output has been sent.
  guest.end({ status: 3, signal: null });
  const { stdout, stderr, order, last } = await collect(started.stream);
  expect([stdout.toString(), stderr.toString(), last]).toEqual(['out', 'err', { status: 3, signal: null }]);
  expect(order.toSorted()).toEqual(['exit', 'stderr', 'stderr ends', 'stdout', 'stdout ends']);
  expect(order.at(-1)).toBe('exit');
  expect(guest.heard).toEqual(['close']);
});

test('a command that a signal ended says so', async () => {
  const guest = fakeProcess();
  await using started = await run(guest);
  guest.end({ status: null, signal: 'KILL' });
  expect((await collect(started.stream)).last).toEqual({ status: null, signal: 'KILL' });
});

test('much input and output pass through unchanged', async () => {
  const cat = new PassThrough();
  const guest = fakeProcess({ stdin: cat, stdout: cat });
  cat.on('end', () => guest.end({ status: 0, signal: null }));
  await using started = await run(guest);
  const sent = createHash('sha256');
  const sending = (async () => {
    for (let i = 0; i < 300; i += 1) {
      const chunk = randomBytes(1 + ((i * 7919) % 200_000));
      sent.update(chunk);
      await started.stream.send('stdin', chunk);
    }
    await started.stream.send('stdin', new Uint8Array(0));
  })();
  const { stdout, last } = await collect(started.stream);
  await sending;
  expect(stdout.length).toBeGreaterThan(20_000_000);
  expect(createHash('sha256').update(stdout).digest('hex')).toBe(sent.digest('hex'));
  expect(last).toEqual({ status: 0, signal: null });
});

test('a client that does not read stops the command from being read', async () => {
  let produced = 0;
  const stdout = new Readable({
    read() {
      produced += 65_536;
      this.push(Buffer.alloc(65_536));
    },
  });
  const guest = fakeProcess({ stdout });
  await using started = await run(guest);
  await expect.poll(() => produced).toBeGreaterThan(0);
  let before: number;
  do {
    before = produced;
    await new Promise((resolve) => {
      setTimeout(resolve, 50);
    });
  } while (produced !== before);
  expect(produced).toBeLessThan(2 * 2 ** 20);
  // It goes on when the client reads.
  for await (const frame of started.stream.frames) {
    void frame;
    if (produced > before + 2 ** 20) break;
  }
});

test('a signal, a resize and a disconnect pass by input that the command does not read', async () => {
  const stdin = new Writable({ write() {} });
  const guest = fakeProcess({ stdin, stdout: new PassThrough() });
  await using started = await run(guest);
  let sent = false;
  void started.stream.send('stdin', new Uint8Array(4 * STDIN_WINDOW_BYTES)).then(() => {
    sent = true;
  });
  await started.stream.send('resize', encodeJson({ columns: 100, rows: 30 }));
  await started.stream.send('signal', encodeJson({ signal: 'INT' }));
  await expect.poll(() => guest.heard).toEqual(['resize 100x30', 'signal INT']);
  expect(sent).toBe(false);
  expect(stdin.writableLength).toBeLessThanOrEqual(STDIN_WINDOW_BYTES);
  started.stream.close();
  await expect.poll(() => guest.heard.at(-1)).toBe('close');
});

test('a command that closes its input or ends does not hold back a client that goes on sending', async () => {
  const guest = fakeProcess();
  guest.stdin.destroy();
  await using started = await run(guest);
  const reading = collect(started.stream);
  await started.stream.send('stdin', new Uint8Array(4 * STDIN_WINDOW_BYTES));
  guest.end({ status: 0, signal: null });
  expect((await reading).last).toEqual({ status: 0, signal: null });
});

test('input ends where the client says so', async () => {
  const stdin = new PassThrough();
  const guest = fakeProcess({ stdin });
  await using started = await run(guest);
  await started.stream.send('stdin', Buffer.from('all of it'));
  await started.stream.send('stdin', new Uint8Array(0));
  expect((await buffer(stdin)).toString()).toBe('all of it');
  guest.end({ status: 0, signal: null });
  await collect(started.stream);
});

test('a lost guest is an error, also behind output that has not ended', async () => {
  const guest = fakeProcess({ stdout: new PassThrough() });
  await using started = await run(guest);
  guest.fail(new BangerError('guest_unreachable', 'the guest is gone'));
  expect((await collect(started.stream)).last).toMatchObject({
    code: 'guest_unreachable',
    message: 'the guest is gone',
  });
  expect(guest.heard).toEqual(['close']);
});

test('an output that is closed before its end is a lost guest', async () => {
  const stdout = new PassThrough();
  const guest = fakeProcess({ stdout });
  await using started = await run(guest);
  stdout.write('half');
  stdout.destroy();
  expect((await collect(started.stream)).last).toMatchObject({ code: 'guest_unreachable' });
});

test('an output that fails is an error', async () => {
  const stdout = new PassThrough();
  const guest = fakeProcess({ stdout });
  await using started = await run(guest);
  await expect.poll(() => stdout.listenerCount('data')).toBe(1);
  stdout.destroy(new BangerError('guest_unreachable', 'reset'));
  expect((await collect(started.stream)).last).toMatchObject({ code: 'guest_unreachable', message: 'reset' });
});

test.each<[string, Uint8Array, RegExp]>([
  ['a size that is none', encodeFrame('resize', encodeJson({ columns: 0, rows: 24 })), /resize frame: columns/],
  ['a signal that there is not', encodeFrame('signal', encodeJson({ signal: 'SIGINT' })), /signal frame: signal/],
  ['a payload that is not JSON', encodeFrame('resize', Buffer.from('{')), /not JSON/],
  ['a frame that only a daemon sends', encodeFrame('stdout', Buffer.from('x')), /does not send stdout/],
])('refuses %s and ends the command', async (_name, frame, message) => {
  const guest = fakeProcess({ stdout: new PassThrough() });
  await using started = await run(guest);
  const client = await started.harness.client();
  const { ticket } = await client.call('vm.exec', { vm: 'web', argv: ['x'] });
  const raw = await started.harness.raw();
  raw.socket.removeAllListeners('data');
  let received = '';
  raw.socket.on('data', (chunk) => {
    received += chunk.toString();
  });
  raw.write(`${JSON.stringify({ ticket })}\n`);
  raw.write(frame);
  await expect.poll(() => received).toMatch(message);
  await expect.poll(() => guest.heard).toContain('close');
});

test('refuses more input than it gave credit for', async () => {
  const guest = fakeProcess({ stdin: new Writable({ write() {} }), stdout: new PassThrough() });
  await using started = await run(guest);
  const client = await started.harness.client();
  const { ticket } = await client.call('vm.exec', { vm: 'web', argv: ['x'] });
  const raw = await started.harness.raw();
  raw.socket.removeAllListeners('data');
  let received = '';
  raw.socket.on('data', (chunk) => {
    received += chunk.toString();
  });
  raw.write(`${JSON.stringify({ ticket })}\n`);
  raw.write(encodeFrame('stdin', new Uint8Array(STDIN_WINDOW_BYTES)));
  raw.write(encodeFrame('stdin', new Uint8Array(1)));
  await expect.poll(() => received).toContain('more stdin than');
});
