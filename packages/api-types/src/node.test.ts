import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { decodeJson, encodeCredit, encodeFrame, encodeJson, FrameDecoder } from './frame-codec.ts';
import { STDIN_WINDOW_BYTES } from './frames.ts';
import { LineReader } from './line-reader.ts';
import { type Client, connect } from './node.ts';
import { PROTOCOL_VERSION } from './protocol.ts';

const greeting = { protocol: PROTOCOL_VERSION, daemon: 'bangerd 1.0.0', instance: '00000000' };
let directory: string;
let socketPath: string;
const servers: Server[] = [];
const sockets: Socket[] = [];
const clients: Client[] = [];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'banger-client-'));
  socketPath = join(directory, 's');
});

afterEach(() => {
  for (const client of clients.splice(0)) client.close();
  for (const socket of sockets.splice(0)) socket.destroy();
  for (const server of servers.splice(0)) server.close();
  rmSync(directory, { recursive: true });
});

type Request = { id: number; method: string; params: unknown };

async function listen(onConnection: (socket: Socket) => void): Promise<void> {
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => {});
    onConnection(socket);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(socketPath, resolve));
}

/** A daemon as small as can be: `answer` is called for each line. */
function daemon(answer: (request: Request, reply: (body: object) => void) => void): Promise<void> {
  return listen((socket) => {
    const lines = new LineReader();
    socket.on('data', (chunk) => {
      lines.push(chunk);
      for (let line = lines.next(); line !== undefined; line = lines.next()) {
        const request = decodeJson(line) as Request;
        const reply = (body: object): void => {
          socket.write(`${JSON.stringify({ jsonrpc: '2.0', id: request.id, ...body })}\n`);
        };
        if (request.method === 'handshake') reply({ result: greeting });
        else answer(request, reply);
      }
    });
  });
}

async function open(options: { timeoutMs?: number; signal?: AbortSignal } = {}): Promise<Client> {
  const client = await connect({ socketPath, client: 'banger 1.0.0', ...options });
  clients.push(client);
  return client;
}

test('sends the first call together with the handshake', async () => {
  let firstChunk = '';
  await listen((socket) => {
    socket.once('data', (chunk) => {
      firstChunk = chunk.toString();
      socket.write(`${JSON.stringify({ jsonrpc: '2.0', id: 1, result: greeting })}\n`);
      socket.write(`${JSON.stringify({ jsonrpc: '2.0', id: 2, result: { vms: [] } })}\n`);
    });
  });
  const client = await open();
  expect(await client.call('vm.list', {})).toEqual({ vms: [] });
  expect(await client.daemon).toEqual(greeting);
  expect(firstChunk.split('\n').map((line) => (line === '' ? '' : (JSON.parse(line) as Request).method))).toEqual([
    'handshake',
    'vm.list',
    '',
  ]);
});

test('matches answers that come in another order', async () => {
  const held: (() => void)[] = [];
  await daemon(({ params }, reply) => {
    held.push(() => reply({ result: { vm: (params as { vm: string }).vm } }));
    if (held.length === 3) for (const send of held.reverse()) send();
  });
  const client = await open();
  const answers = await Promise.all(['a', 'b', 'c'].map((vm) => client.call('vm.show', { vm })));
  expect(answers).toEqual([{ vm: 'a' }, { vm: 'b' }, { vm: 'c' }]);
});

test('throws the error of the daemon', async () => {
  const data = {
    code: 'vm_not_found',
    message: 'no VM is called web',
    remediation: 'banger vm list',
    details: { a: 1 },
  };
  await daemon((_request, reply) => reply({ error: { code: 1200, message: data.message, data } }));
  const client = await open();
  await expect(client.call('vm.show', { vm: 'web' })).rejects.toMatchObject({ name: 'RpcError', ...data });
});

test('an aborted call stops waiting, its late answer is dropped and the connection goes on', async () => {
  const late: (() => void)[] = [];
  await daemon(({ method }, reply) => {
    if (method === 'op.status') late.push(() => reply({ result: {} }));
    else {
      for (const send of late) send();
      reply({ result: { vms: [] } });
    }
  });
  const client = await open();
  const controller = new AbortController();
  const waiting = client.call('op.status', { operation: '0'.repeat(16) }, { signal: controller.signal });
  controller.abort();
  await expect(waiting).rejects.toMatchObject({ name: 'AbortError' });
  expect(await client.call('vm.list', {})).toEqual({ vms: [] });
});

test('a broken connection fails what waits and what comes later', async () => {
  await daemon(() => sockets.at(-1)?.destroy());
  const client = await open();
  await expect(client.call('vm.list', {})).rejects.toMatchObject({ code: 'daemon_unreachable' });
  await expect(client.call('vm.list', {})).rejects.toMatchObject({ code: 'daemon_unreachable' });
});

test('a newer daemon refuses an older client: all calls fail with its message', async () => {
  await listen((socket) => {
    socket.once('data', () => {
      const data = { code: 'protocol_mismatch', message: 'banger 1.0.0 speaks 1', remediation: 'Upgrade banger 1.0.0' };
      socket.write(`${JSON.stringify({ jsonrpc: '2.0', id: 1, error: { code: 1001, message: 'x', data } })}\n`);
      socket.write(`${JSON.stringify({ jsonrpc: '2.0', id: 2, error: { code: 1002, message: 'handshake first' } })}\n`);
    });
  });
  const client = await open();
  await expect(client.call('vm.list', {})).rejects.toMatchObject({ code: 'protocol_mismatch' });
  await expect(client.daemon).rejects.toMatchObject({ remediation: 'Upgrade banger 1.0.0' });
});

test('a newer client refuses an older daemon that answers with its own version', async () => {
  await listen((socket) => {
    const older = { ...greeting, protocol: PROTOCOL_VERSION - 1 };
    socket.once('data', () => socket.write(`${JSON.stringify({ jsonrpc: '2.0', id: 1, result: older })}\n`));
  });
  const client = await open();
  await expect(client.call('vm.list', {})).rejects.toMatchObject({
    code: 'protocol_mismatch',
    message: `banger 1.0.0 speaks protocol ${PROTOCOL_VERSION}, but bangerd 1.0.0 speaks protocol ${PROTOCOL_VERSION - 1}`,
    remediation: expect.stringMatching(/^Upgrade bangerd 1.0.0 .* restart it/) as unknown,
  });
});

test('something else that listens there is named as such', async () => {
  await listen((socket) => socket.end('220 mail ready\r\n'));
  const client = await open();
  await expect(client.call('vm.list', {})).rejects.toMatchObject({ code: 'protocol_mismatch' });
});

test('an error about the connection itself reaches every call', async () => {
  await listen((socket) => {
    const data = { code: 'overloaded', message: 'too many connections' };
    socket.end(`${JSON.stringify({ jsonrpc: '2.0', id: null, error: { code: 1003, message: 'x', data } })}\n`);
  });
  const client = await open();
  await expect(client.call('vm.list', {})).rejects.toMatchObject({ code: 'overloaded' });
});

test('a daemon that accepts and says nothing is given up after the deadline', async () => {
  await listen(() => {});
  const client = await open({ timeoutMs: 50 });
  await expect(client.call('vm.list', {})).rejects.toMatchObject({ code: 'daemon_unreachable' });
});

test('says why there is no daemon', async () => {
  await expect(open()).rejects.toMatchObject({ code: 'daemon_unreachable', message: /there is no socket/ });
  writeFileSync(socketPath, '');
  await expect(open()).rejects.toMatchObject({ code: 'daemon_unreachable', message: /nobody listens/ });
  rmSync(socketPath);
  await expect(open({ signal: AbortSignal.abort() })).rejects.toMatchObject({ name: 'AbortError' });
});

test.runIf(process.getuid?.() !== 0)('says what to do where the socket may not be used', async () => {
  await listen(() => {});
  chmodSync(socketPath, 0);
  await expect(open()).rejects.toMatchObject({ code: 'permission_denied', remediation: /usermod -aG/ });
});

test('a call above the line limit is refused here', async () => {
  await daemon((_request, reply) => reply({ result: {} }));
  const client = await open();
  const argv = ['x'.repeat(5_000_000)];
  await expect(client.call('vm.exec', { vm: 'a', argv })).rejects.toMatchObject({ code: 'invalid_request' });
});

interface StreamPeer {
  readonly socket: Socket;
  /** Total of stdin so far. */
  stdinBytes: number;
  readonly others: string[];
}

/** Plays the daemon's side of a stream. */
async function streamDaemon(script: (peer: StreamPeer) => void): Promise<void> {
  await listen((socket) => {
    const lines = new LineReader();
    const decoder = new FrameDecoder();
    let peer: StreamPeer | undefined;
    socket.on('data', (chunk) => {
      let chunks: Uint8Array[] = [chunk];
      if (peer === undefined) {
        lines.push(chunk);
        const first = lines.next();
        if (first === undefined) return;
        if ((decodeJson(first) as { ticket?: string }).ticket !== 'T') {
          socket.write(`${JSON.stringify({ jsonrpc: '2.0', id: 1, result: greeting })}\n`);
          return;
        }
        peer = { socket, stdinBytes: 0, others: [] };
        chunks = lines.rest();
        script(peer);
      }
      for (const part of chunks) {
        for (const frame of decoder.push(part)) {
          if (frame.type === 'stdin') peer.stdinBytes += frame.payload.length;
          else peer.others.push(frame.type);
        }
      }
    });
  });
}

test('a stream yields frames and ends with exit', async () => {
  await streamDaemon(({ socket }) => {
    socket.write(encodeFrame('stdout', Buffer.from('hello')));
    socket.end(encodeFrame('exit', encodeJson({ status: 3, signal: null })));
  });
  const stream = await (await open()).openStream('T');
  const seen: string[] = [];
  for await (const frame of stream.frames) seen.push(`${frame.type} ${Buffer.from(frame.payload).toString()}`);
  expect(seen).toEqual(['stdout hello', 'exit {"status":3,"signal":null}']);
  await stream.send('stdin', Buffer.from('too late'));
});

test('stdin stops at the credit while a signal still passes, and goes on when credit comes', async () => {
  let peer: StreamPeer | undefined;
  await streamDaemon((started) => {
    peer = started;
  });
  const stream = await (await open()).openStream('T');
  const reading = (async () => {
    for await (const frame of stream.frames) void frame;
  })();
  let sent = false;
  const sending = stream.send('stdin', new Uint8Array(2 * STDIN_WINDOW_BYTES)).then(() => {
    sent = true;
  });
  await expect.poll(() => peer?.stdinBytes).toBe(STDIN_WINDOW_BYTES);
  await stream.send('signal', encodeJson({ signal: 'INT' }));
  await expect.poll(() => peer?.others).toEqual(['signal']);
  expect(sent).toBe(false);
  expect(peer?.stdinBytes).toBe(STDIN_WINDOW_BYTES);
  peer?.socket.write(encodeFrame('credit', encodeCredit(STDIN_WINDOW_BYTES)));
  await sending;
  await expect.poll(() => peer?.stdinBytes).toBe(2 * STDIN_WINDOW_BYTES);
  peer?.socket.end(encodeFrame('exit', encodeJson({ status: 0, signal: null })));
  await reading;
});

test('input that waits for credit is let go when the stream ends', async () => {
  await streamDaemon((peer) => {
    peer.socket.once('data', () => peer.socket.write(encodeFrame('exit', encodeJson({ status: 0, signal: null }))));
  });
  const stream = await (await open()).openStream('T');
  const sending = stream.send('stdin', new Uint8Array(4 * STDIN_WINDOW_BYTES));
  for await (const frame of stream.frames) void frame;
  await sending;
});

test('a stream that breaks in the middle throws', async () => {
  await streamDaemon(({ socket }) => socket.end(encodeFrame('stdout', Buffer.from('half')).subarray(0, 7)));
  const stream = await (await open()).openStream('T');
  await expect(
    (async () => {
      for await (const frame of stream.frames) void frame;
    })(),
  ).rejects.toMatchObject({ code: 'daemon_unreachable' });
});
