import type { Frame, FrameType } from './frames.ts';
import type { MethodName, Params, Result } from './methods.ts';

export interface CallOptions {
  /** Stops waiting for the answer. It does not undo what the call began: `op.cancel` does. */
  readonly signal?: AbortSignal;
}

/** One connection to a daemon after its handshake. Many calls may be in flight. */
export interface Client {
  readonly daemon: Result<'handshake'>;
  /** @throws RpcError with the daemon's error code, or `daemon_unreachable` when the connection broke. */
  call<M extends MethodName>(method: M, params: Params<M>, options?: CallOptions): Promise<Result<M>>;
  /** Redeems a stream ticket on a connection of its own. */
  openStream(ticket: string, options?: CallOptions): Promise<ClientStream>;
  close(): void;
}

export interface ClientStream {
  /** Resolves when the transport can take more (back-pressure). */
  send(type: FrameType, payload: Uint8Array): Promise<void>;
  /** Ends after the `exit` or `error` frame, or throws when the connection broke before. Reading slowly slows the daemon. */
  readonly frames: AsyncIterable<Frame>;
  close(): void;
}
