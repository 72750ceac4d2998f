import type { Readable } from 'node:stream';

/**
 * What arrives on a socket, read only when asked for. A stream's own iterator would close the socket when the client
 * has ended its side, and with it the answers that are still to come.
 */
export class Incoming implements AsyncIterator<Uint8Array, undefined> {
  readonly #socket: Readable;
  readonly #waiting: (() => void)[] = [];
  #error: Error | undefined;

  constructor(socket: Readable) {
    this.#socket = socket;
    const wake = (): void => {
      for (const resume of this.#waiting.splice(0)) resume();
    };
    socket.on('readable', wake).on('end', wake).on('close', wake);
    socket.on('error', (error) => {
      this.#error = error;
    });
  }

  /** @throws what the connection broke with */
  async next(): Promise<IteratorResult<Uint8Array, undefined>> {
    for (;;) {
      if (this.#error !== undefined) throw this.#error;
      if (this.#socket.destroyed) return { done: true, value: undefined };
      const chunk = this.#socket.read() as Uint8Array | null;
      if (chunk !== null) return { done: false, value: chunk };
      if (this.#socket.readableEnded) return { done: true, value: undefined };
      await new Promise<void>((resolve) => {
        this.#waiting.push(resolve);
      });
    }
  }
}
