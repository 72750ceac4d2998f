import { randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { connect, isIPv6 } from 'node:net';
import { frame, readFrames } from './frames.ts';
import { isAnswer, type Query, withId } from './message.ts';
import type { Upstream } from './upstreams.ts';

export interface ExchangeOptions {
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** Sends the query to one server and resolves with its answer, or throws. */
export type Exchange = (query: Query, upstream: Upstream, options: ExchangeOptions) => Promise<Buffer>;

/** No (believable) answer in time. */
class ExchangeError extends Error {
  override readonly name = 'ExchangeError';
}

/**
 * Over UDP, from a new socket: its port is chosen by the kernel at random, and the id by us, so that an answer can
 * hardly be forged (RFC 5452). A connected socket takes packets of that server only, and hears when nobody listens.
 */
export const exchangeUdp: Exchange = async (query, upstream, { timeoutMs, signal }) => {
  signal.throwIfAborted();
  const id = randomInt(0x1_0000);
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const socket = createSocket(isIPv6(upstream.address) ? 'udp6' : 'udp4');
  const timer = setTimeout(() => reject(silent(upstream, timeoutMs)), timeoutMs);
  const onAbort = (): void => reject(signal.reason as Error);
  signal.addEventListener('abort', onAbort, { once: true });
  socket.on('error', reject);
  socket.on('message', (message) => {
    // Anything else is a late or forged packet: the real answer may still come.
    if (isAnswer(message, query, id)) resolve(message);
  });
  socket.connect(upstream.port, upstream.address, () => {
    socket.send(withId(query.bytes, id), (error) => {
      if (error instanceof Error) reject(error);
    });
  });
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
    socket.on('error', () => {}); // an error after the answer concerns nobody
    socket.close();
  }
};

/** Over TCP, one connection per query. */
export const exchangeTcp: Exchange = async (query, upstream, { timeoutMs, signal }) => {
  signal.throwIfAborted();
  const id = randomInt(0x1_0000);
  const socket = connect({ host: upstream.address, port: upstream.port, noDelay: true });
  const timer = setTimeout(() => socket.destroy(silent(upstream, timeoutMs)), timeoutMs);
  const onAbort = (): void => void socket.destroy(signal.reason as Error);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    socket.write(frame(withId(query.bytes, id)));
    for await (const message of readFrames(socket)) {
      if (isAnswer(message, query, id)) return message;
    }
    throw new ExchangeError(`${upstream.address} closed the connection without an answer`);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
    socket.on('error', () => {}); // an error after the answer concerns nobody
    socket.destroy();
  }
};

const silent = ({ address }: Upstream, timeoutMs: number): ExchangeError =>
  new ExchangeError(`${address} did not answer within ${timeoutMs} ms`);
