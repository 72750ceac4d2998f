import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import type { Forwarder } from './forwarder.ts';
import { Quota } from './quota.ts';
import type { ServerOptions } from './resolver.ts';

/** Queries are small; what is longer is no honest query. */
const MAX_QUERY_BYTES = 4096;
/** Each query in flight takes a socket. What is over the limits is dropped: the client asks again, later. */
const LIMITS = { total: 512, perClient: 128 } as const;

/** DNS over UDP on one address. */
export class UdpServer {
  readonly #socket: Socket = createSocket('udp4');
  readonly #forwarder: Forwarder;
  readonly #options: ServerOptions;
  readonly #quota = new Quota(LIMITS);
  readonly #stop = new AbortController();

  constructor(forwarder: Forwarder, options: ServerOptions) {
    this.#forwarder = forwarder;
    this.#options = options;
  }

  get port(): number {
    return this.#socket.address().port;
  }

  async listen(): Promise<void> {
    const { address, port } = this.#options;
    this.#socket.on('message', (message, client) => void this.#serve(message, client));
    this.#socket.bind({ address, port, exclusive: true });
    try {
      await once(this.#socket, 'listening');
    } catch (error) {
      this.#socket.close();
      throw error;
    }
    this.#socket.on('error', (error) => this.#options.onFailure(error));
  }

  async close(): Promise<void> {
    this.#stop.abort();
    const closed = once(this.#socket, 'close');
    this.#socket.close();
    await closed;
  }

  async #serve(message: Buffer, client: RemoteInfo): Promise<void> {
    const { address } = client;
    if (message.length > MAX_QUERY_BYTES || !this.#options.isClient(address) || !this.#quota.enter(address)) return;
    try {
      const answer = await this.#forwarder.answer(message, 'udp', this.#stop.signal);
      if (answer !== undefined && !this.#stop.signal.aborted) {
        this.#socket.send(answer, client.port, address, () => {}); // an answer that cannot be sent is lost, as any packet
      }
    } catch (error) {
      if (!this.#stop.signal.aborted) this.#options.onFailure(error);
    } finally {
      this.#quota.leave(address);
    }
  }
}
