import type { Socket } from 'node:net';
import type { ExitPayload, Frame, FrameType, WireError } from '@banger/api-types/client';
import { decodeJson, encodeCredit, encodeFrame, encodeJson, FrameDecoder } from '@banger/api-types/client';

/** The daemon's end of a stream. */
export class FakeStream {
  readonly ticket: string;
  /** Resolves when the client closed the connection. */
  readonly closed: Promise<void>;
  readonly #socket: Socket;
  readonly #frames: AsyncGenerator<Frame>;

  constructor(socket: Socket, head: Uint8Array, ticket: string) {
    this.ticket = ticket;
    this.#socket = socket;
    this.closed = new Promise((resolve) => {
      socket.once('close', () => resolve());
    });
    if (head.length > 0) socket.unshift(head);
    this.#frames = this.#read();
  }

  /** The next frame; undefined when the client is gone. */
  async next(): Promise<Frame | undefined> {
    const { value, done } = await this.#frames.next();
    return done === true ? undefined : value;
  }

  /** The next frame that is not input, with its JSON. */
  async nextControl(): Promise<{ type: FrameType; value: unknown }> {
    for (let frame = await this.next(); frame !== undefined; frame = await this.next()) {
      if (frame.type !== 'stdin') return { type: frame.type, value: decodeJson(frame.payload) };
    }
    throw new Error('the client is gone');
  }

  /** All input up to its end. */
  async readInput(): Promise<Buffer> {
    const parts: Uint8Array[] = [];
    for (let frame = await this.next(); frame !== undefined; frame = await this.next()) {
      if (frame.type !== 'stdin') continue;
      if (frame.payload.length === 0) return Buffer.concat(parts);
      parts.push(frame.payload);
    }
    throw new Error('the client is gone before its input ended');
  }

  /** Answers whether the connection could take it at once. */
  send(type: FrameType, payload: Uint8Array | string): boolean {
    return this.#socket.write(encodeFrame(type, Buffer.from(payload)));
  }

  async drained(): Promise<void> {
    await new Promise((resolve) => {
      this.#socket.once('drain', resolve);
      this.#socket.once('close', resolve);
    });
  }

  exit(payload: ExitPayload): void {
    this.send('exit', encodeJson(payload));
    this.#socket.end();
  }

  fail(error: WireError): void {
    this.send('error', encodeJson(error));
    this.#socket.end();
  }

  break(): void {
    this.#socket.destroy();
  }

  async *#read(): AsyncGenerator<Frame> {
    const decoder = new FrameDecoder();
    try {
      for await (const chunk of this.#socket) {
        for (const frame of decoder.push(chunk as Uint8Array)) {
          if (frame.type === 'stdin' && frame.payload.length > 0)
            this.send('credit', encodeCredit(frame.payload.length));
          yield frame;
        }
      }
    } catch {
      // A client that left without a farewell.
    }
  }
}
