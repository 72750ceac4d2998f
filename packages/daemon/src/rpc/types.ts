import type { Readable } from 'node:stream';
import type { Frame, FrameType, MethodName, ParsedParams, Result } from '@banger/api-types';
import type { Logger } from 'pino';

/** What the room needs of a logger. */
export type RpcLogger = Pick<Logger, 'debug' | 'info' | 'warn' | 'error'>;

/** What a handler learns of the call besides its parameters. */
export interface CallContext {
  /** Aborted when the client is gone or the daemon closes: ends waits, never operations. */
  readonly signal: AbortSignal;
  /** Names the connection in logs; unique in this process. */
  readonly connectionId: string;
  /**
   * A single-use ticket that the client redeems on a second connection; `open` runs then. It expires, and is void
   * soon after this connection has ended.
   * @throws BangerError `overloaded` when the connection or the daemon has too many open tickets
   */
  readonly issueTicket: (open: OpenStream) => IssuedTicket;
}

export interface IssuedTicket {
  readonly ticket: string;
  readonly expiresInMs: number;
}

/** Serves one stream. What it throws reaches the client as the `error` frame; when it returns the stream ends. */
export type OpenStream = (stream: FrameStream) => Promise<void>;

/** A connection that carries frames, whatever it runs over. */
export interface FrameStream {
  /**
   * Resolves when the transport can take more; longer payloads than a frame may have are split. The payload is not
   * copied: do not write to its memory afterwards. Does nothing once the stream is closed.
   */
  send(type: FrameType, payload: Uint8Array): Promise<void>;
  /**
   * Sends all that a stream reads, then an empty frame; pauses it while the client does not read.
   * Returns early when the stream closes.
   * @throws what the source fails with, or GuestStreamError when it was closed before its end
   */
  pump(type: 'stdout' | 'stderr', source: Readable): Promise<void>;
  /**
   * What the client sends, read only as fast as it is iterated; once. Ends when the client ended or is gone.
   * @throws BangerError `invalid_request` when it sends what is no frame
   */
  readonly frames: AsyncIterable<Frame>;
  /** Aborted when the client is gone, after `fail`, and when the daemon closes. */
  readonly closed: AbortSignal;
  /** Ends the stream with an `error` frame. */
  fail(error: unknown): void;
}

/** One function for each method; `handshake` belongs to the server. */
export type Handlers = {
  readonly [M in Exclude<MethodName, 'handshake'>]: (
    params: ParsedParams<M>,
    context: CallContext,
  ) => Promise<Result<M>> | Result<M>;
};
