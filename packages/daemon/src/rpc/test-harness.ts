import { mkdtemp, rm } from 'node:fs/promises';
import { createConnection, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LineReader, type MethodName } from '@banger/api-types';
import { type Client, connect } from '@banger/api-types/node';
import type { RpcLimits } from './limits.ts';
import { RpcServer } from './server.ts';
import type { Handlers, RpcLogger } from './types.ts';

/** For tests of this room: a real server on a real Unix socket, with handlers that a test gives, and clients of it. */
export interface Harness extends AsyncDisposable {
  readonly server: RpcServer;
  readonly socketPath: string;
  /** Arguments of what was logged as an error. */
  readonly errors: unknown[][];
  client(): Promise<Client>;
  raw(): Promise<RawClient>;
}

export async function startHarness(handlers: Partial<Handlers>, limits: Partial<RpcLimits> = {}): Promise<Harness> {
  const directory = await mkdtemp(join(tmpdir(), 'banger-rpc-'));
  const socketPath = join(directory, 'rpc.sock');
  const errors: unknown[][] = [];
  const nothing = (): void => {};
  const logger: RpcLogger = {
    debug: nothing,
    info: nothing,
    warn: nothing,
    error: (...args: unknown[]) => errors.push(args),
  };
  const server = new RpcServer({
    handlers: withDefaults(handlers),
    identity: { name: 'bangerd 1.0.0', instance: '0a0b0c0d' },
    logger,
    limits: { lingerMs: 100, ...limits },
    checkResults: true,
  });
  await server.listenUnix(socketPath, { mode: 0o600 });
  const clients: { close(): void }[] = [];
  return {
    server,
    socketPath,
    errors,
    client: async () => keep(clients, await connect({ socketPath, client: 'test 1.0.0' })),
    raw: async () => keep(clients, await RawClient.connect(socketPath)),
    [Symbol.asyncDispose]: async () => {
      for (const client of clients) client.close();
      await server.close({ deadlineMs: 1000 });
      await rm(directory, { recursive: true });
    },
  };
}

function keep<T extends { close(): void }>(clients: { close(): void }[], client: T): T {
  clients.push(client);
  return client;
}

function withDefaults(handlers: Partial<Handlers>): Handlers {
  const missing = (method: string) => () => {
    throw new Error(`the test has no handler for ${method}`);
  };
  return new Proxy(handlers, {
    get: (given, method: Exclude<MethodName, 'handshake'>) => given[method] ?? missing(method),
  }) as Handlers;
}

/** A client that says what it likes. */
export class RawClient {
  readonly socket: Socket;
  readonly #lines = new LineReader();
  readonly #answers: unknown[] = [];
  #wake: (() => void) | undefined;
  #id = 0;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (chunk) => {
      this.#lines.push(chunk);
      for (let line = this.#lines.next(); line !== undefined; line = this.#lines.next()) {
        this.#answers.push(JSON.parse(Buffer.from(line).toString()));
      }
      this.#wake?.();
    });
    socket.on('close', () => this.#wake?.());
    socket.on('error', () => {});
  }

  static connect(path: string): Promise<RawClient> {
    return new Promise((resolve, reject) => {
      const socket = createConnection({ path, allowHalfOpen: true });
      socket.once('error', reject);
      socket.once('connect', () => resolve(new RawClient(socket)));
    });
  }

  get closed(): boolean {
    return this.socket.closed;
  }

  write(text: string | Uint8Array): void {
    this.socket.write(text);
  }

  call(method: string, params: unknown = {}): number {
    this.#id += 1;
    this.write(`${JSON.stringify({ jsonrpc: '2.0', id: this.#id, method, params })}\n`);
    return this.#id;
  }

  async handshake(): Promise<unknown> {
    this.call('handshake', { protocol: 1, client: 'raw 1' });
    return this.answer();
  }

  /** The next answer; undefined when the server has closed the connection. */
  async answer(): Promise<unknown> {
    while (this.#answers.length === 0 && !this.socket.readableEnded && !this.socket.closed) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        this.socket.once('end', resolve);
      });
    }
    return this.#answers.shift();
  }

  close(): void {
    this.socket.destroy();
  }
}
