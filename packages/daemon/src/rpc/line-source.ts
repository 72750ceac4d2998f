import { LineReader } from '@banger/api-types';
import { BangerError } from '../errors.ts';
import type { ByteBudget } from './byte-budget.ts';
import type { RpcLimits } from './limits.ts';

export interface LineSourceOptions {
  readonly incoming: AsyncIterator<Uint8Array, undefined>;
  readonly limits: Pick<RpcLimits, 'maxLineBytes' | 'lineDeadlineMs'>;
  readonly budget: ByteBudget;
  /** Called when it had to wait for the client. */
  readonly onWoken: () => void;
}

/** The lines of one connection. Not asking for the next one leaves it with the client. */
export class LineSource {
  readonly #options: LineSourceOptions;
  readonly #lines: LineReader;
  #budgetedBytes = 0;
  #lineDeadline: number | undefined;

  constructor(options: LineSourceOptions) {
    this.#options = options;
    this.#lines = new LineReader(options.limits.maxLineBytes);
  }

  /**
   * Undefined when the client has ended; what it began and did not end is dropped then.
   * @throws LineTooLongError, BangerError `timeout` when a line that began does not end, `overloaded`
   */
  async next(): Promise<Uint8Array | undefined> {
    for (;;) {
      const line = this.#lines.next();
      this.#account(this.#lines.partialBytes);
      if (line !== undefined) {
        this.#lineDeadline = undefined;
        return line;
      }
      const { done, value } = await this.#read();
      this.#options.onWoken();
      if (done === true) return undefined;
      this.#lines.push(value);
    }
  }

  /** What arrived behind the lines that were read. */
  rest(): Uint8Array[] {
    return this.#lines.rest();
  }

  /** Forgets what has arrived and gives back its part of the budget; call it in the end. */
  release(): void {
    this.#lines.rest();
    this.#account(0);
  }

  #account(bytes: number): void {
    const more = bytes - this.#budgetedBytes;
    if (more === 0) return;
    this.#budgetedBytes = bytes;
    if (more > 0) this.#options.budget.take(more);
    else this.#options.budget.give(-more);
  }

  async #read(): Promise<IteratorResult<Uint8Array, undefined>> {
    const { incoming, limits } = this.#options;
    if (this.#lines.partialBytes === 0) return incoming.next();
    this.#lineDeadline ??= performance.now() + limits.lineDeadlineMs;
    let timer: NodeJS.Timeout | undefined;
    const expired = new Promise<never>((_resolve, reject) => {
      const message = `a line that has begun must end within ${limits.lineDeadlineMs / 1000} s`;
      timer = setTimeout(
        () => reject(new BangerError('timeout', message)),
        Math.max(0, (this.#lineDeadline ?? 0) - performance.now()),
      );
    });
    try {
      return await Promise.race([incoming.next(), expired]);
    } finally {
      clearTimeout(timer);
    }
  }
}
