import { ByteBuffer } from './byte-buffer.ts';
import type { Frame, FrameType } from './frames.ts';
import { FRAME_HEADER_BYTES, frameTypes, MAX_FRAME_PAYLOAD_BYTES } from './frames.ts';

const typesByNumber = new Map(
  Object.entries(frameTypes).map(([name, number]) => [number as number, name as FrameType]),
);
const byteStreamTypes: ReadonlySet<FrameType> = new Set(['stdin', 'stdout', 'stderr']);
const EMPTY = new Uint8Array(0);

/** The peer sent something that is no frame; the connection cannot be used any further. */
export class FrameFormatError extends Error {
  override readonly name = 'FrameFormatError';
}

/**
 * The 5 bytes before a payload, so that header and payload can be written without copying the payload.
 * @throws RangeError above MAX_FRAME_PAYLOAD_BYTES
 */
export function frameHeader(type: FrameType, payloadBytes: number): Uint8Array {
  if (payloadBytes > MAX_FRAME_PAYLOAD_BYTES) {
    throw new RangeError(`a frame of ${payloadBytes} bytes exceeds ${MAX_FRAME_PAYLOAD_BYTES}: split it`);
  }
  const header = new Uint8Array(FRAME_HEADER_BYTES);
  header[0] = frameTypes[type];
  header[1] = payloadBytes >>> 24;
  header[2] = payloadBytes >>> 16;
  header[3] = payloadBytes >>> 8;
  header[4] = payloadBytes;
  return header;
}

/** Header and payload in one piece. @throws RangeError above MAX_FRAME_PAYLOAD_BYTES */
export function encodeFrame(type: FrameType, payload: Uint8Array): Uint8Array {
  const frame = new Uint8Array(FRAME_HEADER_BYTES + payload.length);
  frame.set(frameHeader(type, payload.length));
  frame.set(payload, FRAME_HEADER_BYTES);
  return frame;
}

/** Payload of the frame types that carry JSON. */
export function encodeJson(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value));
}

/** The JSON in a payload, not checked any further. @throws FrameFormatError when it is not UTF-8 JSON */
export function decodeJson(payload: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(payload));
  } catch (cause) {
    throw new FrameFormatError('the payload of a frame is not JSON', { cause });
  }
}

/** Payload of `credit`. */
export function encodeCredit(bytes: number): Uint8Array {
  return new Uint8Array([bytes >>> 24, bytes >>> 16, bytes >>> 8, bytes]);
}

/** @throws FrameFormatError when it is not 4 bytes */
export function decodeCredit(payload: Uint8Array): number {
  if (payload.length !== 4) throw new FrameFormatError('a credit frame has 4 bytes');
  return new DataView(payload.buffer, payload.byteOffset, 4).getUint32(0);
}

/**
 * Cuts incoming chunks into frames without copying what lies whole in a chunk. Memory stays below one control frame:
 * byte-stream frames are passed on in pieces, as the chunks cut them.
 */
export class FrameDecoder {
  readonly #header = new Uint8Array(FRAME_HEADER_BYTES);
  #headerBytes = 0;
  #type: FrameType | undefined;
  #remaining = 0;
  /** A control frame that is not complete: grows as bytes come, never by what the header promises. */
  readonly #partial = new ByteBuffer(MAX_FRAME_PAYLOAD_BYTES);

  /** Whether the input may end here: between two frames. */
  get atBoundary(): boolean {
    return this.#headerBytes === 0 && this.#type === undefined;
  }

  /**
   * Payloads are views of `chunk` where possible: use them before the chunk's memory is written again.
   * @throws FrameFormatError on an unknown type or a payload above MAX_FRAME_PAYLOAD_BYTES
   */
  *push(chunk: Uint8Array): Generator<Frame, void, undefined> {
    let offset = 0;
    while (offset < chunk.length) {
      if (this.#type === undefined) {
        offset += this.#readHeader(chunk, offset);
        if (this.#type === undefined) return;
        if (this.#remaining === 0) yield this.#finish(EMPTY);
        continue;
      }
      const piece = chunk.subarray(offset, offset + this.#remaining);
      offset += piece.length;
      this.#remaining -= piece.length;
      if (byteStreamTypes.has(this.#type)) {
        yield this.#remaining === 0 ? this.#finish(piece) : { type: this.#type, payload: piece };
      } else if (this.#remaining === 0 && this.#partial.length === 0) {
        yield this.#finish(piece);
      } else {
        this.#partial.append(piece);
        if (this.#remaining === 0) yield this.#finish(this.#partial.take());
      }
    }
  }

  #readHeader(chunk: Uint8Array, offset: number): number {
    const part = chunk.subarray(offset, offset + FRAME_HEADER_BYTES - this.#headerBytes);
    this.#header.set(part, this.#headerBytes);
    this.#headerBytes += part.length;
    if (this.#headerBytes === FRAME_HEADER_BYTES) {
      const view = new DataView(this.#header.buffer);
      const type = typesByNumber.get(view.getUint8(0));
      const length = view.getUint32(1);
      if (type === undefined) throw new FrameFormatError(`unknown frame type ${view.getUint8(0)}`);
      if (length > MAX_FRAME_PAYLOAD_BYTES) {
        throw new FrameFormatError(`a frame of ${length} bytes exceeds ${MAX_FRAME_PAYLOAD_BYTES}`);
      }
      this.#type = type;
      this.#remaining = length;
    }
    return part.length;
  }

  #finish(payload: Uint8Array): Frame {
    const type = this.#type as FrameType;
    this.#type = undefined;
    this.#headerBytes = 0;
    return { type, payload };
  }
}
