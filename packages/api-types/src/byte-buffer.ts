const FIRST_CAPACITY_BYTES = 1024;

/** Bytes collected from many small pieces: doubles as it grows, so that a sender of single bytes costs no more than others. */
export class ByteBuffer {
  readonly #expectedBytes: number;
  #bytes = new Uint8Array(0);
  #length = 0;

  /** @param expectedBytes how much it will be at the most: it does not reserve more than that ahead */
  constructor(expectedBytes: number) {
    this.#expectedBytes = expectedBytes;
  }

  get length(): number {
    return this.#length;
  }

  append(piece: Uint8Array): void {
    const needed = this.#length + piece.length;
    if (needed > this.#bytes.length) {
      const ahead = Math.min(Math.max(this.#bytes.length * 2, FIRST_CAPACITY_BYTES), this.#expectedBytes);
      const grown = new Uint8Array(Math.max(needed, ahead));
      grown.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = grown;
    }
    this.#bytes.set(piece, this.#length);
    this.#length = needed;
  }

  /** Everything collected; the buffer is empty afterwards and no longer refers to it. */
  take(): Uint8Array {
    const bytes = this.#bytes.subarray(0, this.#length);
    this.#bytes = new Uint8Array(0);
    this.#length = 0;
    return bytes;
  }
}
