import type { Result } from '@banger/api-types/client';
import { CliError, fromWire } from '../cli-error.ts';
import type { DaemonLink, LinkCallOptions } from '../daemon/link.ts';
import { statusOfSignal } from '../exit-status.ts';
import type { InterruptSignal, Interrupts } from '../interrupts.ts';
import type { Display, Operation } from './display.ts';

/** How long one call waits for a change. */
const WAIT_MS = 30_000;

export interface FollowOptions {
  /** Makes the call that begins the operation; it may be repeated, so it carries an idempotency key. */
  readonly begin: (options: LinkCallOptions) => Promise<Result<'vm.create'>>;
  readonly display: Display;
  /** For the display where several are followed at once; empty otherwise. */
  readonly label: string;
  readonly interrupts: Interrupts;
  /** Whether the first Ctrl-C cancels the operation; else it only says that the next one leaves it to the daemon. */
  readonly cancellable: boolean;
  /** What is being done, for messages, for example `creating the VM`. */
  readonly doing: string;
}

export interface Followed {
  readonly operation: Operation;
  /** Set when it was to be cancelled, but was finished before that. */
  readonly interruptedBy: InterruptSignal | undefined;
}

/**
 * Begins an operation and follows it to its end, showing its stages.
 * @throws CliError with the operation's error; `operation_cancelled` with the status of the signal that cancelled it,
 * or when the user left before the end
 */
export async function follow(link: DaemonLink, options: FollowOptions): Promise<Followed> {
  const following = new Following(link, options);
  using _ = options.interrupts.handle((signal) => following.interrupt(signal));
  return await following.run();
}

class Following {
  readonly #link: DaemonLink;
  readonly #options: FollowOptions;
  readonly #leave = new AbortController();
  readonly #callOptions: LinkCallOptions;
  #operation: Operation | undefined;
  #interruptedBy: InterruptSignal | undefined;

  constructor(link: DaemonLink, options: FollowOptions) {
    this.#link = link;
    this.#options = options;
    this.#callOptions = { signal: this.#leave.signal, announce: (text) => options.display.note(text) };
  }

  async run(): Promise<Followed> {
    try {
      this.#update((await this.#options.begin(this.#callOptions)).operation);
      if (this.#interruptedBy !== undefined) this.#cancel();
      let operation = this.#current();
      while (operation.state === 'running') {
        const params = { operation: operation.id, afterVersion: operation.version, waitMs: WAIT_MS };
        this.#update(await this.#link.call('op.status', params, this.#callOptions));
        operation = this.#current();
      }
      return this.#outcome(operation);
    } catch (error) {
      if (this.#leave.signal.aborted) throw this.#left();
      throw error;
    }
  }

  interrupt(signal: InterruptSignal): void {
    const { display, doing, cancellable } = this.#options;
    if (this.#interruptedBy !== undefined) return this.#leave.abort();
    this.#interruptedBy = signal;
    if (!cancellable) return display.note(`Still ${doing}; press Ctrl-C again to leave that to the daemon.`);
    display.note(`Cancelling and undoing what was done; press Ctrl-C again to leave that to the daemon.`);
    if (this.#operation !== undefined) this.#cancel();
  }

  #cancel(): void {
    const { id } = this.#current();
    // What comes of it, and also why it failed, is seen in the operation's status.
    this.#link.call('op.cancel', { operation: id }, this.#callOptions).catch(() => {});
  }

  #update(operation: Operation): void {
    this.#operation = operation;
    this.#options.display.update(this.#options.label, operation);
  }

  #current(): Operation {
    if (this.#operation === undefined) throw new Error('the operation has not begun');
    return this.#operation;
  }

  #outcome(operation: Operation): Followed {
    const { error, state } = operation;
    const interruptedBy = this.#options.cancellable ? this.#interruptedBy : undefined;
    if (state === 'succeeded') return { operation, interruptedBy };
    if (state === 'failed') {
      throw fromWire(error ?? { code: 'internal', message: `${operation.kind} failed without saying why` });
    }
    throw new CliError('operation_cancelled', `Cancelled ${this.#options.doing}; everything is undone.`, {
      ...(this.#interruptedBy === undefined ? {} : { status: statusOfSignal(this.#interruptedBy) }),
    });
  }

  #left(): CliError {
    const { cancellable, doing } = this.#options;
    const status = statusOfSignal(this.#interruptedBy ?? 'SIGINT');
    const message =
      this.#operation === undefined
        ? `Left before the daemon answered; it may have begun ${doing}.`
        : cancellable
          ? `Left while it was being undone; the daemon goes on undoing (operation ${this.#operation.id}).`
          : `Left while still ${doing}; the daemon goes on (operation ${this.#operation.id}).`;
    return new CliError('operation_cancelled', message, { status, remediation: 'See: banger vm list' });
  }
}
