import type { Frame, FrameType } from './frames.ts';
import type { MethodName, Params, Result } from './methods.ts';

export interface CallOptions {
  /** Stops waiting for the answer. It does not undo what the call began: `op.cancel` does. */
  readonly signal?: AbortSignal;
}

/** One connection to a daemon. Many calls may be in flight; they are answered as they complete. */
export interface Client {
  /**
   * Whom one talks to. The handshake travels together with the first call, so this need not be awaited: when it
   * fails (`protocol_mismatch`), every call fails with the same RpcError.
   */
  readonly daemon: Promise<Result<'handshake'>>;
  /**
   * @throws RpcError with the daemon's error code, or `daemon_unreachable` when the connection broke; the signal's
   * reason when it was aborted.
   */
  call<M extends MethodName>(method: M, params: Params<M>, options?: CallOptions): Promise<Result<M>>;
  /**
   * Redeems a stream ticket on a connection of its own. A ticket that is refused ends the stream with an `error` frame.
   * @throws RpcError `daemon_unreachable` when there is no connection to be had.
   */
  openStream(ticket: string, options?: CallOptions): Promise<ClientStream>;
  /** Calls that still wait fail with `daemon_unreachable`; streams go on. */
  close(): void;
}

export interface ClientStream {
  /**
   * Resolves when the next may be sent (back-pressure; for stdin also the daemon's credit, so go on reading `frames`
   * meanwhile). Payloads are not copied: do not write to their memory afterwards. Send stdin from one place at a time.
   * After the end of the stream it discards and resolves.
   */
  send(type: FrameType, payload: Uint8Array): Promise<void>;
  /**
   * Ends after the `exit` or `error` frame, or throws RpcError `daemon_unreachable` when the connection broke before.
   * Reading slowly slows the daemon. Can be iterated once.
   */
  readonly frames: AsyncIterable<Frame>;
  close(): void;
}

/** Bytes to and from a daemon: a Unix socket, TLS or a WebSocket. */
export interface ByteTransport {
  /** Sends the parts in order, as one piece where it can. Resolves when it can take more, and also once it is closed. */
  write(parts: readonly Uint8Array[]): Promise<void>;
  /** What arrives; ends when the peer ended, throws when the connection broke. Reading slowly slows the peer. */
  readonly incoming: AsyncIterable<Uint8Array>;
  close(): void;
}
