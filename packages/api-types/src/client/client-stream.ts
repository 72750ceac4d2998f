import type { ByteTransport, ClientStream } from '../client-types.ts';
import { decodeCredit, FrameDecoder, frameHeader } from '../frame-codec.ts';
import type { Frame, FrameType } from '../frames.ts';
import { STDIN_WINDOW_BYTES } from '../frames.ts';
import { RpcError } from '../rpc-error.ts';

/** Small enough that a signal does not wait long behind input that is being sent. */
const STDIN_PIECE_BYTES = 64 * 1024;

/** One stream connection after its ticket was sent. */
export class FrameClientStream implements ClientStream {
  readonly frames: AsyncIterable<Frame>;
  readonly #transport: ByteTransport;
  #credit = STDIN_WINDOW_BYTES;
  #ended = false;
  #wakeSender: (() => void) | undefined;

  constructor(transport: ByteTransport) {
    this.#transport = transport;
    this.frames = this.#read();
  }

  async send(type: FrameType, payload: Uint8Array): Promise<void> {
    if (type !== 'stdin' || payload.length === 0) return this.#write(type, payload);
    for (let offset = 0; offset < payload.length && !this.#ended; ) {
      if (this.#credit === 0) {
        await new Promise<void>((resolve) => {
          this.#wakeSender = resolve;
        });
        continue;
      }
      const piece = payload.subarray(offset, offset + Math.min(this.#credit, STDIN_PIECE_BYTES));
      this.#credit -= piece.length;
      offset += piece.length;
      await this.#write(type, piece);
    }
  }

  close(): void {
    this.#end();
    this.#transport.close();
  }

  async #write(type: FrameType, payload: Uint8Array): Promise<void> {
    if (!this.#ended) await this.#transport.write([frameHeader(type, payload.length), payload]);
  }

  async *#read(): AsyncGenerator<Frame, void, undefined> {
    const decoder = new FrameDecoder();
    try {
      for await (const chunk of this.#transport.incoming) {
        for (const frame of decoder.push(chunk)) {
          if (frame.type === 'credit') {
            this.#credit += decodeCredit(frame.payload);
            this.#wakeSender?.();
            continue;
          }
          const last = frame.type === 'exit' || frame.type === 'error';
          if (last) this.#end();
          yield frame;
          if (last) return;
        }
      }
    } catch (cause) {
      throw streamBroke(cause);
    } finally {
      this.#end();
      this.#transport.close();
    }
    throw streamBroke(undefined);
  }

  #end(): void {
    this.#ended = true;
    this.#wakeSender?.();
  }
}

function streamBroke(cause: unknown): RpcError {
  return new RpcError(
    {
      code: 'daemon_unreachable',
      message: 'the connection to the daemon broke before the stream ended',
      remediation: 'See whether it still runs with `banger daemon status`; VMs go on running without it.',
    },
    cause === undefined ? undefined : { cause },
  );
}
