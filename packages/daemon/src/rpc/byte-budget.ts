import { BangerError } from '../errors.ts';

/** Memory that all connections share for what they have not finished sending. */
export class ByteBudget {
  readonly #maxBytes: number;
  #usedBytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get usedBytes(): number {
    return this.#usedBytes;
  }

  /** @throws BangerError `overloaded`; the bytes are counted all the same, until they are given back */
  take(bytes: number): void {
    this.#usedBytes += bytes;
    if (bytes > 0 && this.#usedBytes > this.#maxBytes) {
      throw new BangerError('overloaded', 'all clients together send more than the daemon can keep', {
        remediation: 'Try again later, with smaller requests.',
      });
    }
  }

  give(bytes: number): void {
    this.#usedBytes -= bytes;
  }
}
