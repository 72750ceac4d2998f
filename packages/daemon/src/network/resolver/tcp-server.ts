import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import type { Forwarder } from './forwarder.ts';
import { frame, readFrames } from './frames.ts';
import { Quota } from './quota.ts';
import type { ServerOptions } from './resolver.ts';

/** Connections at once. What is over the limits is closed. */
const LIMITS = { total: 128, perClient: 16 } as const;
const DEFAULT_TURN_MS = 10_000;

/** DNS over TCP on one address. Queries of one connection are answered one after the other. */
export class TcpServer {
  readonly #server: Server;
  readonly #forwarder: Forwarder;
  readonly #options: ServerOptions;
  readonly #quota = new Quota(LIMITS);
  readonly #stop = new AbortController();
  readonly #connections = new Set<Socket>();

  constructor(forwarder: Forwarder, options: ServerOptions) {
    this.#forwarder = forwarder;
    this.#options = options;
    this.#server = createServer({ noDelay: true }, (socket) => void this.#accept(socket));
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  async listen(): Promise<void> {
    const { address: host, port } = this.#options;
    this.#server.listen({ host, port, exclusive: true });
    await once(this.#server, 'listening');
    this.#server.on('error', (error) => this.#options.onFailure(error));
  }

  async close(): Promise<void> {
    this.#stop.abort();
    if (!this.#server.listening) return;
    const closed = once(this.#server, 'close');
    this.#server.close();
    for (const socket of this.#connections) socket.destroy();
    await closed;
  }

  async #accept(socket: Socket): Promise<void> {
    const client = socket.remoteAddress ?? '';
    socket.on('error', () => {}); // a client that goes away concerns nobody
    if (!this.#options.isClient(client) || !this.#quota.enter(client)) {
      socket.destroy();
      return;
    }
    this.#connections.add(socket);
    try {
      await this.#serve(socket);
    } catch (error) {
      // Errors of the stream are the client's; the forwarder rejects only when we stop.
      if (!socket.destroyed && !this.#stop.signal.aborted) this.#options.onFailure(error);
    } finally {
      socket.destroy();
      this.#connections.delete(socket);
      this.#quota.leave(client);
    }
  }

  async #serve(socket: Socket): Promise<void> {
    const signal = this.#stop.signal;
    const turnMs = this.#options.turnMs ?? DEFAULT_TURN_MS;
    // One timer per turn, not per byte: a client that trickles bytes does not hold its place.
    let timer = setTimeout(() => socket.destroy(), turnMs);
    try {
      for await (const message of readFrames(socket)) {
        const answer = await this.#forwarder.answer(message, 'tcp', signal);
        if (answer === undefined) return;
        if (!socket.write(frame(answer))) await once(socket, 'drain', { signal });
        clearTimeout(timer);
        timer = setTimeout(() => socket.destroy(), turnMs);
      }
    } finally {
      clearTimeout(timer);
    }
  }
}
