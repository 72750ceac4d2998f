import type { Writable } from 'node:stream';
import { STDIN_WINDOW_BYTES } from '@banger/api-types';
import { BangerError } from '../errors.ts';

/** Credit is granted in steps, so that small input does not cost a frame each. */
const CREDIT_STEP_BYTES = STDIN_WINDOW_BYTES / 4;

/** Input of a command under credit: the client never sends more than fits here, so nobody has to stop reading it. */
export class StdinWindow {
  readonly #stdin: Writable;
  readonly #grant: (bytes: number) => void;
  #heldBytes = 0;
  #takenBytes = 0;

  /** @param grant tells the client that it may send that much more */
  constructor(stdin: Writable, grant: (bytes: number) => void) {
    this.#stdin = stdin;
    this.#grant = grant;
    // A command may close its input when it likes; what comes afterwards is discarded.
    stdin.on('error', () => {});
  }

  /** An empty payload ends the input. @throws BangerError `invalid_request` when the client exceeds its credit */
  write(payload: Uint8Array): void {
    if (payload.length === 0) {
      this.#stdin.end();
      return;
    }
    this.#heldBytes += payload.length;
    if (this.#heldBytes + this.#takenBytes > STDIN_WINDOW_BYTES) {
      throw new BangerError('invalid_request', 'more stdin than the daemon has given credit for');
    }
    if (this.#stdin.writable) this.#stdin.write(payload, () => this.#taken(payload.length));
    else this.#taken(payload.length);
  }

  #taken(bytes: number): void {
    this.#heldBytes -= bytes;
    this.#takenBytes += bytes;
    if (this.#takenBytes < CREDIT_STEP_BYTES) return;
    const credit = this.#takenBytes;
    this.#takenBytes = 0;
    this.#grant(credit);
  }
}
