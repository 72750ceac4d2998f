import type { Duplex } from 'node:stream';

export interface EndOptions {
  /** How long the client may take to read what is left; for ever unless told. */
  readonly flushMs?: number;
  /** How long it may take afterwards to close its side. */
  readonly lingerMs: number;
}

/**
 * Ends our side and lets the client read what was written before the connection is gone: closing at once, while it
 * still sends, would reset the connection under its answer. Its input must go on being read, or is lost at the end.
 */
export function endConnection(socket: Duplex, { flushMs, lingerMs }: EndOptions): void {
  if (socket.destroyed) return;
  const destroy = (): void => {
    socket.destroy();
  };
  let timer = flushMs === undefined ? undefined : setTimeout(destroy, flushMs);
  socket.once('close', () => clearTimeout(timer));
  socket.end(() => {
    clearTimeout(timer);
    if (!socket.destroyed) timer = setTimeout(destroy, lingerMs);
  });
}

/** Reads and drops what still comes, until the client has ended or the connection is gone. */
export async function discard(incoming: AsyncIterator<Uint8Array, undefined>): Promise<void> {
  try {
    while ((await incoming.next()).done !== true);
  } catch {
    // A broken connection has nothing more to discard.
  }
}
