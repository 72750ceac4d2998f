import type { Input, Io, Output } from '../src/io.ts';
import { runProgram } from '../src/program.ts';

/** An output that remembers what was written. */
export class FakeOutput implements Output {
  readonly isTTY: boolean;
  columns: number | undefined;
  rows: number | undefined;
  failure: Error | undefined;
  readonly busy = false;
  #bytes = Buffer.alloc(0);
  #changed = Promise.withResolvers<void>();
  readonly #resizeListeners = new Set<() => void>();

  constructor(isTTY: boolean) {
    this.isTTY = isTTY;
    if (isTTY) [this.columns, this.rows] = [80, 24];
  }

  get text(): string {
    return this.#bytes.toString();
  }

  write(text: string): void {
    if (this.failure !== undefined) return;
    this.#bytes = Buffer.concat([this.#bytes, Buffer.from(text)]);
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }

  open(): void {}

  async flush(): Promise<void> {}

  async send(bytes: Uint8Array): Promise<void> {
    this.write(Buffer.from(bytes).toString());
  }

  onResize(listener: () => void): () => void {
    this.#resizeListeners.add(listener);
    return () => void this.#resizeListeners.delete(listener);
  }

  resize(columns: number, rows: number): void {
    [this.columns, this.rows] = [columns, rows];
    for (const listener of this.#resizeListeners) listener();
  }

  /** Waits until this was written. */
  async saw(pattern: RegExp): Promise<void> {
    while (!pattern.test(this.text)) await this.#changed.promise;
  }
}

class FakeInput implements Input {
  readonly isTTY: boolean;
  raw = false;
  readonly rawModes: boolean[] = [];
  readonly #source: AsyncIterable<Uint8Array>;
  readonly #closed = Promise.withResolvers<void>();

  constructor(isTTY: boolean, source: AsyncIterable<Uint8Array>) {
    this.isTTY = isTTY;
    this.#source = source;
  }

  async *chunks(): AsyncIterable<Uint8Array> {
    const iterator = this.#source[Symbol.asyncIterator]();
    for (;;) {
      const next = await Promise.race([iterator.next(), this.#closed.promise]);
      if (next === undefined || next.done === true) return;
      yield next.value;
    }
  }

  setRawMode(raw: boolean): void {
    this.raw = raw;
    this.rawModes.push(raw);
  }

  close(): void {
    this.#closed.resolve();
  }
}

export interface FakeIoOptions {
  /** Whether all three are a terminal; or only standard error. */
  readonly tty?: boolean | 'stderr';
  readonly stdin?: string | AsyncIterable<Uint8Array>;
  readonly environment?: Record<string, string>;
  readonly isRoot?: boolean;
}

/** A process for commands to run in. */
export class FakeIo implements Io {
  readonly stdin: FakeInput;
  readonly stdout: FakeOutput;
  readonly stderr: FakeOutput;
  readonly environment: Record<string, string | undefined>;
  readonly isRoot: boolean;
  readonly programPath = '/nowhere/cli/dist/main.js';
  replaced: readonly string[] | undefined;
  readonly #listeners: { signal: NodeJS.Signals; listener: () => void }[] = [];

  constructor({ tty = false, stdin = '', environment = {}, isRoot = true }: FakeIoOptions = {}) {
    const source = typeof stdin === 'string' ? once(stdin) : stdin;
    this.stdin = new FakeInput(tty === true, source);
    this.stdout = new FakeOutput(tty === true);
    this.stderr = new FakeOutput(tty !== false);
    this.environment = { TERM: 'xterm', ...environment };
    this.isRoot = isRoot;
  }

  onSignal(signal: NodeJS.Signals, listener: () => void): () => void {
    const entry = { signal, listener };
    this.#listeners.push(entry);
    return () => void this.#listeners.splice(this.#listeners.indexOf(entry), 1);
  }

  /** @throws where nobody listens: there the signal would have ended the process */
  signal(signal: NodeJS.Signals): void {
    const listeners = this.#listeners.filter((entry) => entry.signal === signal);
    if (listeners.length === 0) throw new Error(`${signal} would have ended the process`);
    for (const { listener } of listeners) listener();
  }

  get listening(): number {
    return this.#listeners.length;
  }

  onExit(): () => void {
    return () => {};
  }

  replaceProcess(file: string, argv: readonly string[]): void {
    this.replaced = [file, ...argv];
  }

  /** Runs `banger` with these words. */
  async run(...words: string[]): Promise<number> {
    return await runProgram(words, this, '1.2.3');
  }
}

async function* once(text: string): AsyncIterable<Uint8Array> {
  if (text !== '') yield Buffer.from(text);
}
