import type { Readable } from 'node:stream';

type Read = Promise<IteratorResult<Uint8Array, undefined>>;

/**
 * What arrives on a socket, read one chunk ahead of who asks, so that a client that ends is noticed while nobody does.
 * (A stream's own iterator would close the socket when the client has ended its side, and with it the answers that are
 * still to come.)
 */
export class Incoming implements AsyncIterator<Uint8Array, undefined> {
  /** Resolves when the client has ended its side, or is gone. */
  readonly ended: Promise<void>;
  readonly #socket: Readable;
  readonly #waiting: (() => void)[] = [];
  readonly #markEnded: () => void;
  #error: Error | undefined;
  #ahead: Read;

  constructor(socket: Readable) {
    this.#socket = socket;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.ended = promise;
    this.#markEnded = resolve;
    const wake = (): void => {
      for (const resume of this.#waiting.splice(0)) resume();
    };
    socket.on('readable', wake).on('end', wake).on('close', wake).on('close', resolve);
    socket.on('error', (error) => {
      this.#error = error;
    });
    this.#ahead = this.#readAhead();
  }

  /** Rejects with what the connection broke with. */
  next(): Read {
    const read = this.#ahead;
    this.#ahead = this.#readAhead();
    return read;
  }

  #readAhead(): Read {
    const read = this.#read();
    read.then(({ done }) => {
      if (done === true) this.#markEnded();
    }, this.#markEnded);
    return read;
  }

  async #read(): Read {
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
