import type { Duplex } from 'node:stream';
import { Corked } from './corked.ts';
import type { RpcLimits } from './limits.ts';

/** Writes the answers of one connection and knows when the client does not read them. */
export class AnswerWriter {
  readonly #socket: Duplex;
  readonly #output: Corked;
  readonly #limits: Pick<RpcLimits, 'maxUnreadBytes' | 'unreadDeadlineMs'>;
  #deadline: NodeJS.Timeout | undefined;

  constructor(socket: Duplex, limits: Pick<RpcLimits, 'maxUnreadBytes' | 'unreadDeadlineMs'>) {
    this.#socket = socket;
    this.#output = new Corked(socket);
    this.#limits = limits;
  }

  /** A client that stays too far behind is dropped. Does nothing once the connection is closed. */
  write(answer: string): void {
    if (!this.#socket.writable) return;
    this.#output.write(`${answer}\n`);
    if (this.#behind && this.#deadline === undefined) {
      this.#deadline = setTimeout(() => this.#socket.destroy(), this.#limits.unreadDeadlineMs);
      void this.#output.drained().then(() => {
        clearTimeout(this.#deadline);
        this.#deadline = undefined;
      });
    }
  }

  /** Resolves when the client has read enough for more to be answered, or is gone. */
  async ready(): Promise<void> {
    if (this.#behind) await this.#output.drained();
  }

  get #behind(): boolean {
    return this.#socket.writableLength > this.#limits.maxUnreadBytes;
  }
}
