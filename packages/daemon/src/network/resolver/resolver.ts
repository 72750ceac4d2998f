import { Forwarder, type ForwarderOptions } from './forwarder.ts';
import { TcpServer } from './tcp-server.ts';
import { UdpServer } from './udp-server.ts';

export interface ServerOptions {
  readonly address: string;
  /** 53; 0 lets the kernel choose, for tests. */
  readonly port: number;
  /** Whether an address may ask; packets of others are dropped, so that we are no open resolver. */
  readonly isClient: (address: string) => boolean;
  /** Time for the next whole query on a TCP connection to come, be answered and be taken; 10 s unless told. */
  readonly turnMs?: number;
  /** Something failed that no client caused. */
  readonly onFailure: (error: unknown) => void;
}

/** The guests' resolver: answers on UDP and TCP, and forwards to the host's servers. */
export class Resolver {
  readonly #options: ForwarderOptions & ServerOptions;
  #servers: { readonly udp: UdpServer; readonly tcp: TcpServer } | undefined;

  constructor(options: ForwarderOptions & ServerOptions) {
    this.#options = options;
  }

  /** The port in use; undefined while stopped. */
  get port(): number | undefined {
    return this.#servers?.udp.port;
  }

  /** Fine when it runs already. @throws the error of bind(2) or listen(2), with nothing left open. */
  async start(): Promise<void> {
    if (this.#servers !== undefined) return;
    const forwarder = new Forwarder(this.#options);
    const udp = new UdpServer(forwarder, this.#options);
    await udp.listen();
    const tcp = new TcpServer(forwarder, { ...this.#options, port: udp.port });
    try {
      await tcp.listen();
    } catch (error) {
      await udp.close();
      throw error;
    }
    this.#servers = { udp, tcp };
  }

  /** Ends everything in flight. Fine when it is stopped already. */
  async stop(): Promise<void> {
    const servers = this.#servers;
    this.#servers = undefined;
    if (servers !== undefined) await Promise.all([servers.udp.close(), servers.tcp.close()]);
  }
}
