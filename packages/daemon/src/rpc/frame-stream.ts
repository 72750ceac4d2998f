import type { Duplex, Readable } from 'node:stream';
import {
  encodeJson,
  type Frame,
  FrameDecoder,
  FrameFormatError,
  type FrameType,
  frameHeader,
  MAX_FRAME_PAYLOAD_BYTES,
  type WireError,
} from '@banger/api-types';
import { BangerError } from '../errors.ts';
import { Corked } from './corked.ts';
import { endConnection } from './end-connection.ts';
import type { Incoming } from './incoming.ts';
import type { FrameStream } from './types.ts';

const EMPTY = new Uint8Array(0);

export interface SocketFrameStreamOptions {
  readonly socket: Duplex;
  readonly incoming: Incoming;
  /** What was read before the stream began. */
  readonly rest: readonly Uint8Array[];
  readonly describe: (error: unknown) => WireError;
  readonly lingerMs: number;
}

/** Frames over a byte stream. Its socket buffer is the back-pressure: nothing is queued here. */
export class SocketFrameStream implements FrameStream {
  readonly frames: AsyncIterable<Frame>;
  readonly #options: SocketFrameStreamOptions;
  readonly #output: Corked;
  readonly #closed = new AbortController();
  #ended = false;

  constructor(options: SocketFrameStreamOptions) {
    this.#options = options;
    this.#output = new Corked(options.socket);
    this.frames = this.#read();
    void options.incoming.ended.then(() => this.#close(new DOMException('the client is gone', 'AbortError')));
  }

  get closed(): AbortSignal {
    return this.#closed.signal;
  }

  async send(type: FrameType, payload: Uint8Array): Promise<void> {
    if (!this.#write(type, payload)) await this.#output.drained();
  }

  pump(type: 'stdout' | 'stderr', source: Readable): Promise<void> {
    return new Promise((resolve, reject) => {
      let settled = false;
      const onData = (chunk: Uint8Array): void => {
        if (this.#write(type, chunk)) return;
        source.pause();
        void this.#output.drained().then(() => {
          if (!settled) source.resume();
        });
      };
      const settle = (): void => {
        settled = true;
        source.off('data', onData).off('end', onEnd).off('close', onClose);
        this.closed.removeEventListener('abort', onGone);
      };
      const onEnd = (): void => {
        settle();
        this.#write(type, EMPTY);
        resolve();
      };
      const onError = (error: unknown): void => {
        settle();
        reject(error instanceof Error ? error : new Error('an output failed', { cause: error }));
      };
      const onClose = (): void => {
        onError(new BangerError('guest_unreachable', 'the connection to the guest broke while the command ran'));
      };
      const onGone = (): void => {
        settle();
        source.pause();
        resolve();
      };
      if (this.closed.aborted) onGone();
      else if (source.readableEnded) onEnd();
      else if (source.errored !== null) onError(source.errored);
      else if (source.destroyed) onClose();
      else {
        this.closed.addEventListener('abort', onGone, { once: true });
        // The error listener stays: a late one must not end the process.
        source.on('end', onEnd).on('error', onError).on('close', onClose).on('data', onData);
      }
    });
  }

  fail(error: unknown): void {
    if (this.#ended) return;
    this.#write('error', encodeJson(this.#options.describe(error)));
    this.end();
    this.#close(error);
  }

  /** Ends the stream after what was sent; the client may take its time to read it. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    endConnection(this.#options.socket, { lingerMs: this.#options.lingerMs });
  }

  #close(reason: unknown): void {
    this.#closed.abort(reason);
  }

  #write(type: FrameType, payload: Uint8Array): boolean {
    if (this.#ended || !this.#options.socket.writable) return true;
    let rest = payload;
    let ready: boolean;
    do {
      const piece = rest.subarray(0, MAX_FRAME_PAYLOAD_BYTES);
      rest = rest.subarray(piece.length);
      ready = this.#output.write(frameHeader(type, piece.length));
      if (piece.length > 0) ready = this.#output.write(piece);
    } while (rest.length > 0);
    return ready;
  }

  async *#read(): AsyncGenerator<Frame, void, undefined> {
    const decoder = new FrameDecoder();
    try {
      for (const chunk of this.#options.rest) yield* decoder.push(chunk);
      for (;;) {
        const { done, value } = await this.#options.incoming.next();
        if (done === true) return;
        yield* decoder.push(value);
      }
    } catch (error) {
      if (error instanceof FrameFormatError) {
        throw new BangerError('invalid_request', `the stream is broken: ${error.message}`, { cause: error });
      }
      // Otherwise the connection broke, which `closed` says.
    }
  }
}
