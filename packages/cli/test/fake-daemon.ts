import { mkdtemp, rm } from 'node:fs/promises';
import type { Server, Socket } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { MethodName, Params, Result, WireError } from '@banger/api-types';
import { errorCodes, methods } from '@banger/api-types';
import { RpcError } from '@banger/api-types/client';
import { FakeStream } from './fake-stream.ts';

type Handler<M extends MethodName> = (params: Params<M>) => Result<M> | Promise<Result<M>>;
export type Handlers = { [M in MethodName]?: Handler<M> };

interface Request {
  readonly id?: number;
  readonly method?: MethodName;
  readonly params?: unknown;
  readonly ticket?: string;
}

/** Fails a call as a daemon would. */
export function refuse(error: WireError): never {
  throw new RpcError(error);
}

/**
 * A daemon on a real Unix socket that speaks the real protocol, with handlers of a test. Parameters and results are
 * held to the schemas, so a test cannot agree with itself on something that no daemon would do.
 */
export class FakeDaemon implements AsyncDisposable {
  readonly socketPath: string;
  /** Calls in the order in which they came, without the handshake. */
  readonly calls: { readonly method: MethodName; readonly params: unknown }[] = [];
  handlers: Handlers;
  /** What the command of a redeemed ticket does. */
  onStream: (stream: FakeStream) => void | Promise<void> = () => {};
  readonly #folder: string | undefined;
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;

  /** @param folder removed at the end; undefined for a socket somewhere else */
  private constructor(socketPath: string, folder: string | undefined, handlers: Handlers) {
    this.#folder = folder;
    this.socketPath = socketPath;
    this.handlers = handlers;
  }

  static async start(handlers: Handlers = {}): Promise<FakeDaemon> {
    const folder = await mkdtemp(join(tmpdir(), 'banger-cli-'));
    return await FakeDaemon.startAt(join(folder, 'banger.sock'), handlers, folder);
  }

  static async startAt(socketPath: string, handlers: Handlers, folder?: string): Promise<FakeDaemon> {
    const daemon = new FakeDaemon(socketPath, folder, handlers);
    await daemon.listen();
    return daemon;
  }

  async listen(): Promise<void> {
    const server = createServer((socket) => this.#serve(socket));
    this.#server = server;
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(this.socketPath, resolve);
    });
  }

  /** As a crash: connections break, nobody listens. `listen` is the restart. */
  async die(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    const server = this.#server;
    this.#server = undefined;
    if (server !== undefined) await new Promise((resolve) => server.close(resolve));
  }

  /** Parameters of all calls of a method. */
  callsOf<M extends MethodName>(method: M): Params<M>[] {
    return this.calls.filter((call) => call.method === method).map(({ params }) => params as Params<M>);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.die();
    if (this.#folder !== undefined) await rm(this.#folder, { recursive: true, force: true });
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket));
    socket.on('error', () => {});
    let pending = Buffer.alloc(0);
    const onData = (chunk: Buffer): void => {
      pending = Buffer.concat([pending, chunk]);
      for (let end = pending.indexOf(10); end !== -1; end = pending.indexOf(10)) {
        const request = JSON.parse(pending.toString('utf8', 0, end)) as Request;
        pending = pending.subarray(end + 1);
        if (request.ticket !== undefined) {
          socket.off('data', onData);
          void this.onStream(new FakeStream(socket, pending, request.ticket));
          return;
        }
        void this.#answer(socket, request);
      }
    };
    socket.on('data', onData);
  }

  async #answer(socket: Socket, { id, method = 'handshake', params }: Request): Promise<void> {
    let answer: object;
    try {
      const parsed = methods[method].params.parse(params);
      if (method !== 'handshake') this.calls.push({ method, params: parsed });
      answer = { result: methods[method].result.parse(await this.#handle(method, parsed)) };
    } catch (error) {
      if (!(error instanceof RpcError)) throw error;
      const { code, message, remediation, details } = error;
      answer = { error: { code: errorCodes[code].rpc, message, data: { code, message, remediation, details } } };
    }
    socket.write(`${JSON.stringify({ jsonrpc: '2.0', id, ...answer })}\n`);
  }

  async #handle(method: MethodName, params: unknown): Promise<unknown> {
    const handler = this.handlers[method] as ((params: unknown) => unknown) | undefined;
    if (handler !== undefined) return await handler(params);
    if (method === 'handshake') return { protocol: 1, daemon: 'bangerd 9.9.9', instance: 'abcd1234' };
    throw new Error(`the test has no handler for ${method}`);
  }
}
