type Undo = (signal: AbortSignal) => void | Promise<void>;

interface Entry {
  readonly what: string;
  readonly undo: Undo;
}

/** Time that each undo has, in milliseconds. */
const DEFAULT_UNDO_TIMEOUT_MS = 30_000;

/**
 * Undo actions in order of acquisition. `unwind` runs them in reverse, all of them, whatever fails.
 * On success `move` hands the duty on (or `commit` drops it).
 */
export class CleanupStack implements AsyncDisposable {
  #entries: Entry[] = [];

  get size(): number {
    return this.#entries.length;
  }

  /** `what` names the thing for the error message: `TAP bt0`, `directory /x`. */
  defer(what: string, undo: Undo): void {
    this.#entries.push({ what, undo });
  }

  /** Makes something and defers its undo; when `make` fails, nothing is deferred. */
  async acquire<T>(
    what: string,
    make: () => T | Promise<T>,
    undo: (made: T, signal: AbortSignal) => void | Promise<void>,
  ): Promise<T> {
    const made = await make();
    this.defer(what, (signal) => undo(made, signal));
    return made;
  }

  /** Hands all entries to a new stack and empties this one. */
  move(): CleanupStack {
    const moved = new CleanupStack();
    moved.#entries = this.#entries;
    this.#entries = [];
    return moved;
  }

  /** Everything acquired is to stay. */
  commit(): void {
    this.#entries = [];
  }

  /**
   * Undoes everything, last first. Each undo gets a signal of its own, not that of the failed work, and is given up
   * after `undoTimeoutMs`.
   * @throws AggregateError with every error of an undo, each naming what is left.
   */
  async unwind(undoTimeoutMs: number = DEFAULT_UNDO_TIMEOUT_MS): Promise<void> {
    const errors: Error[] = [];
    for (let entry = this.#entries.pop(); entry !== undefined; entry = this.#entries.pop()) {
      try {
        await bounded(entry.undo, undoTimeoutMs);
      } catch (error) {
        errors.push(new Error(`could not undo ${entry.what}: ${messageOf(error)}`, { cause: error }));
      }
    }
    if (errors.length > 0) throw new AggregateError(errors, errors.map(messageOf).join('; '));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.unwind();
  }
}

/**
 * Runs `body`; when it throws, everything that it acquired is undone. On success everything stays.
 * @throws what `body` threw; when undos failed as well, an AggregateError of all, whose `cause` is what `body` threw.
 */
export async function undoOnError<T>(body: (stack: CleanupStack) => Promise<T>): Promise<T> {
  const stack = new CleanupStack();
  try {
    const result = await body(stack);
    stack.commit();
    return result;
  } catch (error) {
    const left = await stack.unwind().then(() => [], undoErrors);
    if (left.length === 0) throw error;
    const message = [error, ...left].map(messageOf).join('; ');
    throw new AggregateError([error, ...left], message, { cause: error });
  }
}

async function bounded(undo: Undo, timeoutMs: number): Promise<void> {
  const controller = new AbortController();
  const { promise: expired, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    controller.abort(new Error(`not done within ${timeoutMs} ms`));
    reject(controller.signal.reason as Error);
  }, timeoutMs);
  try {
    await Promise.race([undo(controller.signal), expired]);
  } finally {
    clearTimeout(timer);
  }
}

function undoErrors(error: unknown): readonly unknown[] {
  return error instanceof AggregateError ? (error.errors as unknown[]) : [error];
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
