import type { Output } from './io.ts';

type Stream = NodeJS.Process['stdout'] | NodeJS.Process['stderr'];

/** Standard output or error of this process. */
export class ProcessOutput implements Output {
  readonly #open: () => Stream;
  #opened: Stream | undefined;
  #failure: Error | undefined;
  #sending = 0;

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

  get busy(): boolean {
    return this.#sending > 0;
  }

  open(): void {
    void this.#stream;
  }

  write(text: string): void {
    if (this.#failure === undefined) this.#stream.write(text);
  }

  async flush(): Promise<void> {
    const stream = this.#opened;
    if (stream !== undefined) await this.#written(stream, new Uint8Array());
  }

  async send(bytes: Uint8Array): Promise<void> {
    if (this.#failure !== undefined) return;
    this.#sending++;
    await this.#written(this.#stream, bytes);
    this.#sending--;
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

  #written(stream: Stream, bytes: Uint8Array): Promise<void> {
    return new Promise((resolve) => {
      stream.write(bytes, (error) => {
        if (error) this.#failure ??= error;
        resolve();
      });
    });
  }
}
