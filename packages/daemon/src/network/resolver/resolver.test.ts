import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { systemClock } from '@banger/system';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import type { HostFiles } from '../files.ts';
import type { Lookup } from './forwarder.ts';
import { frame, readFrames } from './frames.ts';
import { Resolver } from './resolver.ts';
import { type Upstream, Upstreams } from './upstreams.ts';

/** What each test opened, closed in reverse. */
const opened: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
});

const LOOPBACK = '127.0.0.1';
const NAME = Buffer.from('\x04name\x04test\x00\x00\x01\x00\x01', 'latin1');

function query(id: number, question: Buffer = NAME): Buffer {
  const header = Buffer.from([id >> 8, id & 0xff, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
  return Buffer.concat([header, question]);
}
/** The answer of a test server: the query with the response bit, a code, and a mark at its end. */
function respond(message: Buffer, mark: string, rcode = 0): Buffer {
  const answer = Buffer.concat([message, Buffer.from(mark)]);
  answer.writeUInt16BE(0x8180 | rcode, 2);
  return answer;
}
const markOf = (answer: Buffer | undefined): string => answer?.subarray(12 + NAME.length).toString() ?? '';

interface TestServer extends Upstream {
  readonly seen: { readonly id: number; readonly port: number }[];
}

/** Binds until UDP and TCP get the same port: the kernel chooses one for UDP, and TCP may have it in use. */
async function untilFree<T>(bind: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await bind();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    }
  }
}

/** A DNS server on UDP and TCP. */
async function startServer(
  onUdp: (message: Buffer, client: RemoteInfo, socket: Socket) => void,
  onTcp: (message: Buffer) => Buffer = (message) => respond(message, 'tcp'),
): Promise<TestServer> {
  const seen: TestServer['seen'] = [];
  const server = createServer((connection) => {
    void (async () => {
      for await (const message of readFrames(connection)) connection.write(frame(onTcp(message)));
    })().catch(() => {}); // the resolver hangs up when it has its answer
  });
  const port = await untilFree(async () => {
    const socket = createSocket('udp4', (message, client) => {
      seen.push({ id: message.readUInt16BE(0), port: client.port });
      onUdp(message, client, socket);
    });
    opened.push(() => socket.close());
    socket.bind(0, LOOPBACK);
    await once(socket, 'listening');
    server.listen(socket.address().port, LOOPBACK);
    await once(server, 'listening');
    return socket.address().port;
  });
  opened.push(() => server.close());
  return { address: LOOPBACK, port, seen };
}
const answering = (mark: string, rcode = 0) =>
  startServer((message, client, socket) => socket.send(respond(message, mark, rcode), client.port, client.address));

/** A port on which nobody listens. */
async function closedPort(): Promise<Upstream> {
  const server = createServer().listen(0, LOOPBACK);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return { address: LOOPBACK, port };
}

async function startResolver(
  fixed: readonly Upstream[],
  more: { isClient?: () => boolean; lookup?: Lookup; turnMs?: number; attemptMs?: number } = {},
) {
  const failures: unknown[] = [];
  const resolver = new Resolver({
    upstreams: new Upstreams({ files: {} as HostFiles, clock: systemClock, self: '10.231.0.1', fixed }),
    clock: systemClock,
    address: LOOPBACK,
    port: 0,
    isClient: () => true,
    onFailure: (error) => failures.push(error),
    ...more,
  });
  await untilFree(() => resolver.start());
  opened.push(() => resolver.stop());
  return { resolver, failures, port: resolver.port! };
}

/** Sends packets from one socket and gathers the answers by their id, until there are `count`. */
async function ask(
  port: number,
  packets: readonly Buffer[],
  { count = packets.length, resendMs }: { readonly count?: number; readonly resendMs?: number } = {},
): Promise<ReadonlyMap<number, Buffer>> {
  const socket = createSocket('udp4');
  const answers = new Map<number, Buffer>();
  const { promise, resolve } = Promise.withResolvers<void>();
  socket.on('message', (message) => {
    answers.set(message.readUInt16BE(0), message);
    if (answers.size >= count) resolve();
  });
  const send = (): void => {
    for (const packet of packets) socket.send(packet, port, LOOPBACK);
  };
  send();
  const timer = resendMs === undefined ? undefined : setInterval(send, resendMs);
  await promise;
  clearInterval(timer);
  socket.close();
  return answers;
}
const askOne = async (port: number): Promise<string> => markOf((await ask(port, [query(1)])).get(1));

describe('Resolver over UDP', () => {
  it('forwards the answer under the id of the client', async () => {
    const server = await answering('yes');
    const { port } = await startResolver([server]);
    const answers = await ask(port, [query(1), query(2), query(3)]);
    expect([...answers.keys()].toSorted((a, b) => a - b)).toEqual([1, 2, 3]);
    expect(markOf(answers.get(2))).toBe('yes');
  });

  it('uses a new port and a new id for each query', async () => {
    const server = await answering('yes');
    const { port } = await startResolver([server]);
    await ask(
      port,
      Array.from({ length: 40 }, (_, id) => query(id)),
    );
    expect(new Set(server.seen.map((each) => each.port)).size).toBeGreaterThan(35);
    const ids = server.seen.map(({ id }) => id).sort((a, b) => a - b);
    expect(new Set(ids).size).toBeGreaterThan(35);
    expect(ids).not.toEqual(Array.from({ length: 40 }, (_, id) => id));
  });

  it('ignores forged answers and waits for the real one', async () => {
    const server = await startServer((message, client, socket) => {
      const send = (bytes: Buffer): void => socket.send(bytes, client.port, client.address);
      const wrongId = respond(message, 'forged');
      wrongId.writeUInt16BE((message.readUInt16BE(0) + 1) & 0xffff, 0);
      const otherName = respond(
        Buffer.concat([message.subarray(0, 13), Buffer.from('evil'), message.subarray(17)]),
        'forged',
      );
      for (const bytes of [wrongId, otherName, Buffer.alloc(3), message, respond(message, 'real')]) send(bytes);
    });
    const { port } = await startResolver([server]);
    expect(await askOne(port)).toBe('real');
  });

  it.each([
    ['refuses the connection', async () => closedPort()],
    ['fails', async () => answering('no', 2)],
    ['refuses to answer', async () => answering('no', 5)],
    ['is silent', async () => startServer(() => {})],
  ])('asks the next server when the first %s', async (_name, first) => {
    const { port } = await startResolver([await first(), await answering('second')], { attemptMs: 300 });
    expect(await askOne(port)).toBe('second');
  });

  it('asks a server that was silent last', async () => {
    const silent = await startServer(() => {});
    const { port } = await startResolver([silent, await answering('second')], { attemptMs: 300 });
    await askOne(port);
    await askOne(port);
    expect(silent.seen).toHaveLength(1);
  });

  it('asks a single server twice, as a packet may get lost', async () => {
    const server: TestServer = await startServer((message, client, socket) => {
      if (server.seen.length > 1) socket.send(respond(message, 'again'), client.port, client.address);
    });
    const { port } = await startResolver([server], { attemptMs: 300 });
    expect(await askOne(port)).toBe('again');
  });

  it.each([
    ['there is no server', async () => []],
    ['none can be reached', async () => [await closedPort()]],
  ])('answers SERVFAIL when %s', async (_name, upstreams) => {
    const { port } = await startResolver(await upstreams());
    const answer = (await ask(port, [query(1)])).get(1)!;
    expect(answer.readUInt8(3) & 0x0f).toBe(2);
    expect(answer.subarray(12)).toEqual(NAME);
  });

  it('passes on the last error when all servers fail', async () => {
    const { port } = await startResolver([await answering('a', 5), await answering('b', 2)]);
    expect((await ask(port, [query(1)])).get(1)!.readUInt8(3) & 0x0f).toBe(2);
  });

  it('answers names of our own without asking anybody', async () => {
    const server = await answering('forwarded');
    const { port } = await startResolver([server], {
      lookup: (name) => (name === 'name.test' ? ['10.231.0.9'] : undefined),
    });
    const answers = await ask(port, [query(1), query(2, Buffer.from('\x05other\x00\x00\x01\x00\x01', 'latin1'))]);
    expect(answers.get(1)!.subarray(-4)).toEqual(Buffer.from([10, 231, 0, 9]));
    expect(answers.get(2)!.toString()).toContain('forwarded');
    expect(server.seen).toHaveLength(1);
  });

  it('drops queries of strangers', async () => {
    const server = await answering('yes');
    const { port } = await startResolver([server], { isClient: () => false });
    const socket = createSocket('udp4');
    opened.push(() => socket.close());
    let answers = 0;
    socket.on('message', () => (answers += 1));
    for (let id = 0; id < 10; id += 1) socket.send(query(id), port, LOOPBACK);
    // By then the packets before these have been seen too.
    const friendly = await startResolver([server]);
    expect(await askOne(friendly.port)).toBe('yes');
    expect([answers, server.seen.length]).toEqual([0, 1]);
  });

  it('lets one client have no more than its share', async () => {
    const silent = await startServer(() => {});
    const { port } = await startResolver([silent], { attemptMs: 300 });
    const packets = Array.from({ length: 300 }, (_, id) => query(id));
    // Nothing is answered before both attempts have failed; then the 128 that were let in are.
    const answers = await ask(port, packets, { count: 128 });
    expect(answers.size).toBe(128);
    expect(silent.seen).toHaveLength(2 * 128);
    expect((await ask(port, [query(1000)])).size).toBe(1);
  });

  it('lives through hostile packets', async () => {
    const { port, failures } = await startResolver([await answering('yes')]);
    const packets = fc.sample(
      fc.oneof(
        fc.uint8Array({ maxLength: 1200 }),
        fc.tuple(fc.nat({ max: 25 }), fc.nat({ max: 255 })).map(([offset, value]) => {
          const bytes = query(9);
          bytes[offset] = value;
          return bytes;
        }),
      ),
      { seed: 3, numRuns: 400 },
    );
    const socket = createSocket('udp4');
    opened.push(() => socket.close());
    for (const packet of packets) socket.send(packet, port, LOOPBACK);
    // As clients do, ask again: the flood may have taken our share.
    expect(markOf((await ask(port, [query(1)], { resendMs: 200 })).get(1))).toBe('yes');
    expect(failures).toEqual([]);
  });

  it('starts and stops again, and lets go of what is in flight', async () => {
    const { resolver, port } = await startResolver([await startServer(() => {})]);
    const socket = createSocket('udp4');
    opened.push(() => socket.close());
    socket.send(query(1), port, LOOPBACK);
    await resolver.start();
    expect(resolver.port).toBe(port);
    await resolver.stop();
    await resolver.stop();
    expect(resolver.port).toBeUndefined();
  });

  it('leaves nothing open when the TCP port is taken', async () => {
    const server = createServer().listen(0, LOOPBACK);
    await once(server, 'listening');
    opened.push(() => server.close());
    const { port } = server.address() as AddressInfo;
    const resolver = new Resolver({
      upstreams: new Upstreams({ files: {} as HostFiles, clock: systemClock, self: '', fixed: [] }),
      clock: systemClock,
      address: LOOPBACK,
      port,
      isClient: () => true,
      onFailure: () => {},
    });
    await expect(resolver.start()).rejects.toMatchObject({ code: 'EADDRINUSE', syscall: 'listen' });
    const socket = createSocket('udp4').bind(port, LOOPBACK);
    await once(socket, 'listening');
    socket.close();
  });
});

describe('Resolver over TCP', () => {
  async function open(port: number) {
    const socket = connect({ port, host: LOOPBACK });
    await once(socket, 'connect');
    opened.push(() => socket.destroy());
    return { socket, frames: readFrames(socket) };
  }

  it('answers several queries on one connection, however they are cut', async () => {
    const { port } = await startResolver([await answering('udp')]);
    const { socket, frames } = await open(port);
    const bytes = Buffer.concat([frame(query(1)), frame(query(2))]);
    for (const byte of bytes) socket.write(Buffer.from([byte]));
    for (const id of [1, 2]) {
      const { value } = await frames.next();
      expect([value?.readUInt16BE(0), markOf(value ?? undefined)]).toEqual([id, 'tcp']);
    }
  });

  it('passes large answers', async () => {
    const large = 'x'.repeat(60_000);
    const server = await startServer(
      () => {},
      (message) => respond(message, large),
    );
    const { port } = await startResolver([server]);
    const { socket, frames } = await open(port);
    socket.write(frame(query(1)));
    expect(markOf((await frames.next()).value ?? undefined)).toBe(large);
  });

  it('closes connections over the limit of one client', async () => {
    const { port } = await startResolver([await answering('udp')]);
    const all = await Promise.all(Array.from({ length: 16 }, () => open(port)));
    const { socket } = await open(port);
    await once(socket, 'close');
    expect(all.every((each) => !each.socket.destroyed)).toBe(true);
  });

  it('closes a connection that holds its place: half a query, bytes that trickle, garbage', async () => {
    const { port } = await startResolver([await answering('udp')], { turnMs: 100 });
    const half = await open(port);
    half.socket.write(frame(query(1)).subarray(0, 10));
    const trickle = await open(port);
    const timer = setInterval(() => trickle.socket.write(Buffer.from([0])), 20);
    const garbage = await open(port);
    garbage.socket.write(Buffer.from([0, 3, 1, 2, 3]));
    for (const { socket } of [half, trickle, garbage]) socket.on('error', () => {});
    for (const { socket } of [half, trickle, garbage]) {
      if (!socket.closed) await once(socket.resume(), 'close');
    }
    clearInterval(timer);
  });

  it('lives through random bytes', async () => {
    const { port, failures } = await startResolver([await answering('udp')], { turnMs: 200 });
    for (const bytes of fc.sample(fc.uint8Array({ minLength: 1, maxLength: 400 }), { seed: 3, numRuns: 30 })) {
      const { socket } = await open(port);
      socket.on('error', () => {});
      socket.end(bytes);
      await once(socket.resume(), 'close');
    }
    const { socket, frames } = await open(port);
    socket.write(frame(query(1)));
    expect(markOf((await frames.next()).value ?? undefined)).toBe('tcp');
    expect(failures).toEqual([]);
  });
});

describe('readFrames', () => {
  it('gives the same messages however the stream is cut', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.uint8Array({ maxLength: 20 })),
        fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1 }),
        async (messages, cuts) => {
          const bytes = Buffer.concat(messages.map((message) => frame(Buffer.from(message))));
          const chunks: Buffer[] = [];
          for (let offset = 0, turn = 0; offset < bytes.length; turn += 1) {
            const end = offset + (cuts[turn % cuts.length] ?? 1);
            chunks.push(bytes.subarray(offset, end));
            offset = end;
          }
          const stream = (async function* () {
            for (const chunk of chunks) yield await Promise.resolve(chunk);
          })();
          const read: number[][] = [];
          for await (const message of readFrames(stream)) read.push([...message]);
          expect(read).toEqual(messages.map((message) => [...message]));
        },
      ),
      { seed: 3 },
    );
  });
});
