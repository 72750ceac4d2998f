import type { Duplex } from 'node:stream';

/** Joins what is written in one turn of the event loop into one system call, without copying it. */
export class Corked {
  readonly #socket: Duplex;
  #corked = false;
  #drained: Promise<void> | undefined;

  constructor(socket: Duplex) {
    this.#socket = socket;
  }

  /** Whether more may be written at once; else wait for `drained`. */
  write(data: string | Uint8Array): boolean {
    const socket = this.#socket;
    if (!this.#corked) {
      this.#corked = true;
      socket.cork();
      process.nextTick(() => {
        this.#corked = false;
        socket.uncork();
      });
    }
    return socket.write(data);
  }

  /** Resolves when what was written has been taken, or the connection is closed. */
  drained(): Promise<void> {
    const socket = this.#socket;
    if (socket.destroyed || !socket.writableNeedDrain) return Promise.resolve();
    this.#drained ??= new Promise((resolve) => {
      const done = (): void => {
        socket.off('drain', done);
        socket.off('close', done);
        this.#drained = undefined;
        resolve();
      };
      socket.on('drain', done);
      socket.on('close', done);
    });
    return this.#drained;
  }
}
