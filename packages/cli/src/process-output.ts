import type { Output } from './io.ts';

const RETRY_MS = 5;

type Stream = NodeJS.Process['stdout'] | NodeJS.Process['stderr'];

/** Standard output or error of this process. */
export class ProcessOutput implements Output {
  readonly #open: () => Stream;
  #opened: Stream | undefined;
  #failure: Error | undefined;

  constructor(open: () => Stream) {
    this.#open = open;
  }

  get isTTY(): boolean {
    return this.#stream.isTTY === true;
  }

  get columns(): number | undefined {
    return this.#stream.columns;
  }

  get rows(): number | undefined {
    return this.#stream.rows;
  }

  get failure(): Error | undefined {
    return this.#failure;
  }

  write(text: string): void {
    if (this.#failure === undefined) this.#stream.write(text);
  }

  async send(bytes: Uint8Array): Promise<void> {
    // Node writes to pipes and files while everything else waits; from the thread pool a slow reader stalls only us.
    for (let offset = 0; offset < bytes.length && this.#failure === undefined; ) {
      offset += await this.#writeSome(bytes, offset);
    }
  }

  onResize(listener: () => void): () => void {
    this.#stream.on('resize', listener);
    return () => void this.#stream.off('resize', listener);
  }

  /** Opening a stream takes a millisecond, so a command that does not use one does without. */
  get #stream(): Stream {
    if (this.#opened === undefined) {
      this.#opened = this.#open();
      this.#opened.on('error', (error: Error) => {
        this.#failure ??= error;
      });
    }
    return this.#opened;
  }

  async #writeSome(bytes: Uint8Array, offset: number): Promise<number> {
    const { write } = await import('node:fs');
    return await new Promise((resolve) => {
      write(this.#stream.fd, bytes, offset, bytes.length - offset, null, (error, written) => {
        if (error === null) return resolve(written);
        // Somebody who shares the pipe made it non-blocking: there is no event to wait for on a plain descriptor.
        if (error.code === 'EAGAIN') return void setTimeout(resolve, RETRY_MS, 0);
        this.#failure ??= error;
        resolve(0);
      });
    });
  }
}
