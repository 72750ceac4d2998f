type Undo = (signal: AbortSignal) => void | Promise<void>;

interface Entry {
  readonly what: string;
  readonly undo: Undo;
}

/** Time that all undos of one unwinding have together, in milliseconds. */
const DEFAULT_UNWIND_TIMEOUT_MS = 30_000;

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
  async acquire<T>(what: string, make: () => T | Promise<T>, undo: (made: T, signal: AbortSignal) => void | Promise<void>): Promise<T> {
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
   * Undoes everything, last first. The signal that undos get is this stack's own, not that of the failed work.
   * @throws AggregateError with every error of an undo, each naming what is left.
   */
  async unwind(timeoutMs: number = DEFAULT_UNWIND_TIMEOUT_MS): Promise<void> {
    const signal = AbortSignal.timeout(timeoutMs);
    const errors: Error[] = [];
    for (let entry = this.#entries.pop(); entry !== undefined; entry = this.#entries.pop()) {
      try {
        await entry.undo(signal);
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
    try {
      await stack.unwind();
    } catch (undoError) {
      const left = undoError instanceof AggregateError ? (undoError.errors as Error[]) : [undoError];
      throw new AggregateError([error, ...left], `${messageOf(error)}; then ${messageOf(undoError)}`, { cause: error });
    }
    throw error;
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
