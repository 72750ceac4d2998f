import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { spawn, spawnSync } from 'node:child_process';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

const script = fileURLToPath(new URL('./run-on-terminal.py', import.meta.url));

/** Node has no pseudo terminals of its own; Python has. */
export const hasPython: boolean = spawnSync('python3', ['-c', 'import pty, termios']).status === 0;

interface Event {
  readonly data?: string;
  readonly attributes?: string;
  readonly raw?: boolean;
  readonly exit?: number;
}

/** A program on a terminal of 80 by 24. */
export class PseudoTerminal implements Disposable {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #exit = Promise.withResolvers<number>();
  readonly #attributes = new Map<string, boolean>();
  #text = '';
  #over: Error | undefined;
  #changed = Promise.withResolvers<void>();

  constructor(argv: readonly string[]) {
    this.#child = spawn('python3', [script, ...argv], { stdio: 'pipe' });
    createInterface(this.#child.stdout).on('line', (line) => this.#receive(JSON.parse(line) as Event));
    const complaints = text(this.#child.stderr);
    this.#child.once('close', () => void complaints.then((words) => this.#fail(words)));
    this.#exit.promise.catch(() => {});
  }

  get text(): string {
    return this.#text;
  }

  write(text: string): void {
    this.#order({ write: text });
  }

  resize(columns: number, rows: number): void {
    this.#order({ resize: [columns, rows] });
  }

  /** The terminal goes away, as when its window is closed. */
  hangUp(): void {
    this.#order({ hangup: true });
  }

  async saw(pattern: RegExp): Promise<void> {
    while (!pattern.test(this.#text)) await this.#change();
  }

  /** Whether keys come as bytes, without echo. */
  async isRaw(): Promise<boolean> {
    const name = String(this.#attributes.size);
    this.#order({ attributes: name });
    while (!this.#attributes.has(name)) await this.#change();
    return this.#attributes.get(name) === true;
  }

  /** The exit status, and whether the terminal was left raw. A signal is its negative number. */
  async ended(): Promise<{ status: number; raw: boolean | undefined }> {
    return { status: await this.#exit.promise, raw: this.#attributes.get('end') };
  }

  [Symbol.dispose](): void {
    // The helper ends the program when nobody gives orders any more.
    this.#child.stdin.end();
  }

  async #change(): Promise<void> {
    if (this.#over !== undefined) throw this.#over;
    await this.#changed.promise;
  }

  #fail(complaints: string): void {
    this.#over = new Error(`the program is over; it wrote: ${this.#text}\n${complaints}`);
    this.#exit.reject(this.#over);
    this.#changed.resolve();
  }

  #order(order: object): void {
    this.#child.stdin.write(`${JSON.stringify(order)}\n`);
  }

  #receive({ data, attributes, raw, exit }: Event): void {
    if (data !== undefined) this.#text += data;
    if (attributes !== undefined) this.#attributes.set(attributes, raw === true);
    if (exit !== undefined) this.#exit.resolve(exit);
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }
}
