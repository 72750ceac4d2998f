/** The client for Node: a daemon behind a Unix socket. */
import { createConnection, type Socket } from 'node:net';
import { createClient } from './client.ts';
import type { ByteTransport, Client } from './client-types.ts';
import { RpcError } from './rpc-error.ts';

export * from './client.ts';

export interface ConnectOptions {
  readonly socketPath: string;
  /** What the client calls itself, with its version, for example `banger 1.2.0`. */
  readonly client: string;
  /** Ends connecting and the handshake. */
  readonly signal?: AbortSignal;
  /** How long connecting and the handshake may take together, in milliseconds; for ever unless told. */
  readonly timeoutMs?: number;
}

/**
 * Connects to the daemon. The handshake travels with the first call.
 * @throws RpcError `daemon_unreachable` or `permission_denied`, with what to do; the signal's reason when aborted
 */
export function connect(options: ConnectOptions): Promise<Client> {
  const { socketPath, ...rest } = options;
  return createClient({ ...rest, open: ({ signal }) => openUnixSocket(socketPath, signal) });
}

function openUnixSocket(path: string, signal: AbortSignal | undefined): Promise<ByteTransport> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const socket = createConnection({ path });
    const onAbort = (): void => {
      socket.destroy();
      reject(signal?.reason);
    };
    const settle = (): void => signal?.removeEventListener('abort', onAbort);
    signal?.addEventListener('abort', onAbort, { once: true });
    socket.once('error', (cause) => {
      settle();
      reject(cannotConnect(path, cause));
    });
    socket.once('connect', () => {
      settle();
      // An error afterwards ends `incoming`; without a listener it would end the process.
      socket.on('error', () => {});
      resolve(new SocketTransport(socket));
    });
  });
}

/** A connected socket as the client's transport. */
class SocketTransport implements ByteTransport {
  readonly incoming: AsyncIterable<Uint8Array>;
  readonly #socket: Socket;
  /** Shared by all who wait, so that many calls at once are not many listeners. */
  #drained: Promise<void> | undefined;

  constructor(socket: Socket) {
    this.#socket = socket;
    this.incoming = socket;
  }

  async write(parts: readonly Uint8Array[]): Promise<void> {
    const socket = this.#socket;
    if (socket.destroyed) return;
    socket.cork();
    let ready = true;
    for (const part of parts) ready = socket.write(part);
    socket.uncork();
    if (!ready) await this.#drain();
  }

  close(): void {
    this.#socket.destroy();
  }

  #drain(): Promise<void> {
    this.#drained ??= new Promise((resolve) => {
      const done = (): void => {
        this.#socket.off('drain', done).off('close', done);
        this.#drained = undefined;
        resolve();
      };
      this.#socket.on('drain', done).on('close', done);
    });
    return this.#drained;
  }
}

function cannotConnect(path: string, cause: NodeJS.ErrnoException): RpcError {
  const details = { socket: path, error: cause.code ?? 'unknown' };
  switch (cause.code) {
    case 'EACCES':
    case 'EPERM':
      return new RpcError(
        {
          code: 'permission_denied',
          message: `you may not use the daemon's socket ${path}`,
          remediation: 'Use sudo, or join its group: sudo usermod -aG banger $USER, then log in again.',
          details,
        },
        { cause },
      );
    case 'ENOENT':
      return unreachable(`no daemon runs: there is no socket ${path}`, details, cause);
    case 'ECONNREFUSED':
      return unreachable(`no daemon runs: nobody listens on ${path}`, details, cause);
    default:
      return unreachable(`cannot connect to ${path}: ${cause.message}`, details, cause);
  }
}

function unreachable(message: string, details: Record<string, unknown>, cause: Error): RpcError {
  const remediation = 'Start it with `banger daemon start`, or name its socket when it runs elsewhere.';
  return new RpcError({ code: 'daemon_unreachable', message, remediation, details }, { cause });
}
