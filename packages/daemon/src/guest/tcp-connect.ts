import { connect, type Socket } from 'node:net';

export interface TcpOptions {
  readonly host: string;
  readonly port: number;
  /** One attempt in milliseconds: a lost SYN would cost a second, one to a stale ARP entry minutes. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/**
 * A connected socket without Nagle's delay.
 * @throws the signal's reason when aborted, an Error with `code` (ETIMEDOUT, ECONNREFUSED, ...) else.
 */
export async function connectTcp({ host, port, timeoutMs, signal }: TcpOptions): Promise<Socket> {
  signal.throwIfAborted();
  const socket = connect({ host, port, noDelay: true });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const timer = setTimeout(() => {
    reject(Object.assign(new Error(`no answer from ${host}:${port} within ${timeoutMs} ms`), { code: 'ETIMEDOUT' }));
  }, timeoutMs);
  const onAbort = () => reject(signal.reason as Error);
  signal.addEventListener('abort', onAbort, { once: true });
  socket.once('connect', resolve);
  socket.once('error', reject);
  try {
    await promise;
    socket.off('error', reject);
    return socket;
  } catch (error) {
    socket.on('error', () => {}); // it is given up: what it still says does not matter
    socket.destroy();
    throw error;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
  }
}
