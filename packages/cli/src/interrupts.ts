import type { Io } from './io.ts';

export type InterruptSignal = 'SIGINT' | 'SIGTERM' | 'SIGHUP' | 'SIGQUIT';
type Handler = (signal: InterruptSignal) => void;

const signals: readonly InterruptSignal[] = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'];

/**
 * The signals that ask this program to stop, for commands that have something to put in order first. While it is open
 * none of them ends the process; one that comes when nobody handles it waits for the next handler.
 */
export class Interrupts implements Disposable {
  readonly #handlers: Handler[] = [];
  readonly #waiting: InterruptSignal[] = [];
  readonly #removers: (() => void)[];

  constructor(io: Pick<Io, 'onSignal'>) {
    this.#removers = signals.map((signal) => io.onSignal(signal, () => this.#deliver(signal)));
  }

  /** Every handler gets every signal until it is disposed. */
  handle(handler: Handler): Disposable {
    this.#handlers.push(handler);
    for (const signal of this.#waiting.splice(0)) handler(signal);
    return {
      [Symbol.dispose]: () => {
        const index = this.#handlers.indexOf(handler);
        if (index !== -1) this.#handlers.splice(index, 1);
      },
    };
  }

  [Symbol.dispose](): void {
    for (const remove of this.#removers.splice(0)) remove();
  }

  #deliver(signal: InterruptSignal): void {
    if (this.#handlers.length === 0) this.#waiting.push(signal);
    for (const handler of [...this.#handlers]) handler(signal);
  }
}
