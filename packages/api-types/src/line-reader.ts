import { ByteBuffer } from './byte-buffer.ts';
import { MAX_LINE_BYTES } from './protocol.ts';

const LINE_END = 0x0a;

/** The peer sent a longer line than allowed; what follows cannot be told apart any more. */
export class LineTooLongError extends Error {
  override readonly name = 'LineTooLongError';
  readonly maxBytes: number;

  constructor(maxBytes: number) {
    super(`a line exceeds ${maxBytes} bytes`);
    this.maxBytes = maxBytes;
  }
}

/**
 * Cuts incoming chunks into lines of bytes. Lines are pulled, so that a reader that is busy leaves them unread.
 * Cutting bytes, not text, keeps characters whole that a chunk border divides.
 */
export class LineReader {
  readonly #maxBytes: number;
  readonly #chunks: Uint8Array[] = [];
  readonly #partial: ByteBuffer;

  constructor(maxBytes: number = MAX_LINE_BYTES) {
    this.#maxBytes = maxBytes;
    this.#partial = new ByteBuffer(maxBytes);
  }

  /** Bytes of a line that has begun and not ended, when `next()` has answered undefined. */
  get partialBytes(): number {
    return this.#partial.length;
  }

  /** The chunk is kept until its lines are read: do not write to its memory. */
  push(chunk: Uint8Array): void {
    if (chunk.length > 0) this.#chunks.push(chunk);
  }

  /**
   * The next whole line without its line end, or undefined until more is pushed.
   * @throws LineTooLongError as soon as a line is longer than allowed, before it has ended
   */
  next(): Uint8Array | undefined {
    for (let chunk = this.#chunks[0]; chunk !== undefined; chunk = this.#chunks[0]) {
      const end = chunk.indexOf(LINE_END);
      const piece = end === -1 ? chunk : chunk.subarray(0, end);
      if (this.#partial.length + piece.length > this.#maxBytes) throw new LineTooLongError(this.#maxBytes);
      if (end === -1 || end + 1 === chunk.length) this.#chunks.shift();
      else this.#chunks[0] = chunk.subarray(end + 1);
      if (end !== -1 && this.#partial.length === 0) return piece;
      this.#partial.append(piece);
      if (end !== -1) return this.#partial.take();
    }
    return undefined;
  }

  /** What has arrived behind the lines that were read: a stream's first frames may follow its ticket in one chunk. */
  rest(): Uint8Array[] {
    const partial = this.#partial.take();
    const chunks = this.#chunks.splice(0);
    return partial.length === 0 ? chunks : [partial, ...chunks];
  }
}
