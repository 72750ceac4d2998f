import type { Duplex } from 'node:stream';
import { BangerError } from '../errors.ts';
import { ByteBudget } from './byte-budget.ts';
import { type DaemonIdentity, Dispatcher } from './dispatcher.ts';
import { endConnection } from './end-connection.ts';
import { SocketFrameStream } from './frame-stream.ts';
import { failureText } from './json-rpc.ts';
import { defaultLimits, type RpcLimits } from './limits.ts';
import { type ConnectionHandlers, type Listener, type ListenUnixOptions, listenFd, listenUnix } from './listen-unix.ts';
import { RpcConnection, shuttingDown, type TicketHolder } from './rpc-connection.ts';
import { TicketOffice } from './ticket-office.ts';
import type { Handlers, RpcLogger } from './types.ts';
import { toWireError } from './wire-error.ts';

export interface RpcServerOptions {
  readonly handlers: Handlers;
  readonly identity: DaemonIdentity;
  readonly logger: RpcLogger;
  readonly limits?: Partial<RpcLimits>;
  /** Parse results too, for tests. */
  readonly checkResults?: boolean;
}

/** Serves RPC and streams on any number of listeners, or on connections that were accepted elsewhere. */
export class RpcServer {
  readonly #limits: RpcLimits;
  readonly #logger: RpcLogger;
  readonly #dispatcher: Dispatcher;
  readonly #tickets: TicketOffice;
  readonly #budget: ByteBudget;
  readonly #listeners: Listener[] = [];
  /** In the order of arrival. */
  readonly #connections = new Map<Duplex, RpcConnection | SocketFrameStream>();
  #lastId = 0;
  #closing = false;

  constructor(options: RpcServerOptions) {
    const { handlers, identity, logger, limits = {}, checkResults = false } = options;
    this.#limits = { ...defaultLimits, ...limits };
    this.#logger = logger;
    this.#dispatcher = new Dispatcher({ handlers, identity, checkResults });
    this.#tickets = new TicketOffice({ limits: this.#limits, now: () => performance.now() });
    this.#budget = new ByteBudget(this.#limits.maxPartialLineBytes);
  }

  /** @throws BangerError as `listenUnix` does */
  async listenUnix(path: string, options: Omit<ListenUnixOptions, keyof ConnectionHandlers>): Promise<void> {
    this.#listeners.push(await listenUnix(path, { ...options, ...this.#connectionHandlers() }));
  }

  /** Serves a socket that was opened for us, for example by systemd. */
  async listenFd(fd: number): Promise<void> {
    this.#listeners.push(await listenFd(fd, this.#connectionHandlers()));
  }

  /** Connections that are open now, streams included. */
  get connectionCount(): number {
    return this.#connections.size;
  }

  /** Serves one connection: a Unix or TLS socket, or a WebSocket as a byte stream. It must allow half-open. */
  accept(socket: Duplex): void {
    // What is wrong with a connection shows where it is read; without a listener it would end the process.
    socket.on('error', () => {});
    if (this.#closing) return this.#refuse(socket, shuttingDown());
    if (this.#connections.size >= this.#limits.maxConnections && !this.#dropSilent()) {
      const message = `the daemon has ${this.#limits.maxConnections} connections and takes no more`;
      return this.#refuse(socket, new BangerError('overloaded', message, { remediation: 'Close some of them.' }));
    }
    this.#lastId += 1;
    const id = `c${this.#lastId}`;
    const connection = new RpcConnection({
      id,
      socket,
      limits: this.#limits,
      budget: this.#budget,
      dispatcher: this.#dispatcher,
      tickets: this.#tickets,
      logger: this.#logger,
    });
    this.#connections.set(socket, connection);
    socket.once('close', () => this.#connections.delete(socket));
    void connection.run().then((holder) => holder && this.#serveStream(holder));
  }

  /**
   * Stops listening, ends waits and streams, answers new calls with `shutting_down`, and waits for calls in flight,
   * at most `deadlineMs`. Resolves when every connection is closed.
   */
  async close({ deadlineMs }: { readonly deadlineMs: number }): Promise<void> {
    this.#closing = true;
    await Promise.all(this.#listeners.splice(0).map((listener) => listener.close()));
    const open = [...this.#connections];
    const closed = Promise.all(open.map(([socket]) => closedOf(socket)));
    const cut = setTimeout(() => {
      this.#logger.warn({ connections: this.#connections.size }, 'closing connections with calls in flight');
      for (const [socket] of open) socket.destroy();
    }, deadlineMs);
    for (const [socket, served] of open) void this.#shutDown(socket, served);
    await closed;
    clearTimeout(cut);
  }

  async #shutDown(socket: Duplex, served: RpcConnection | SocketFrameStream): Promise<void> {
    if (served instanceof SocketFrameStream) return served.fail(shuttingDown());
    await served.shutDown(shuttingDown());
    endConnection(socket, { lingerMs: this.#limits.lingerMs });
  }

  async #serveStream({ ticket, socket, incoming, rest }: TicketHolder): Promise<void> {
    const describe = (error: unknown) => toWireError(error, this.#logger);
    const stream = new SocketFrameStream({ socket, incoming, rest, describe, lingerMs: this.#limits.lingerMs });
    this.#connections.set(socket, stream);
    try {
      if (this.#closing) throw shuttingDown();
      await this.#tickets.redeem(ticket)(stream);
      stream.end();
    } catch (error) {
      stream.fail(error);
    }
  }

  #connectionHandlers(): ConnectionHandlers {
    return {
      accept: (socket) => this.accept(socket),
      onError: (error) => this.#logger.warn({ err: error }, 'a connection could not be accepted'),
    };
  }

  #refuse(socket: Duplex, error: BangerError): void {
    socket.write(`${failureText(null, toWireError(error, this.#logger))}\n`);
    endConnection(socket, { flushMs: this.#limits.lingerMs, lingerMs: this.#limits.lingerMs });
    socket.resume();
  }

  /** Makes room at the limit: the oldest connection that should have said something by now goes, if there is one. */
  #dropSilent(): boolean {
    const { silentGraceMs } = this.#limits;
    for (const [socket, served] of this.#connections) {
      if (served instanceof RpcConnection && !served.greeted && performance.now() - served.openedAt > silentGraceMs) {
        this.#connections.delete(socket);
        socket.destroy();
        return true;
      }
    }
    return false;
  }
}

function closedOf(socket: Duplex): Promise<void> {
  return new Promise((resolve) => {
    if (socket.closed) resolve();
    else socket.once('close', () => resolve());
  });
}
