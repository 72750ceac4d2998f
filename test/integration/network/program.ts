import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** What a program answers to: one JSON value in, one out. */
export type Commands = Readonly<Record<string, (argument: never) => unknown>>;

interface Answer {
  readonly id: number;
  readonly value?: unknown;
  readonly error?: unknown;
}

/** Runs in the program: answers calls that come as lines on stdin, until stdin ends. */
export async function answerCalls(commands: Commands): Promise<void> {
  const write = (answer: Answer): void => void process.stdout.write(`${JSON.stringify(answer)}\n`);
  write({ id: 0 });
  const running = new Set<Promise<void>>();
  for await (const line of createInterface({ input: process.stdin })) {
    const { id, command, argument } = JSON.parse(line) as { id: number; command: string; argument: never };
    const call = (async () => commands[command]?.(argument))().then(
      (value) => write({ id, value }),
      (error: unknown) => write({ id, error: describeError(error) }),
    );
    running.add(call);
    void call.finally(() => running.delete(call));
  }
  await Promise.all(running);
}

function describeError(error: unknown): unknown {
  const { message, code, remediation, details } = error as Error & Record<string, unknown>;
  return { message, code, remediation, details };
}

/** Runs in the test: a program of its own in a network namespace. */
export class Program implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;
  readonly #waiting = new Map<number, PromiseWithResolvers<unknown>>();
  #calls = 0;

  private constructor(child: ChildProcess) {
    this.#child = child;
    this.#ended = once(child, 'exit');
    if (child.stdout === null) throw new Error('the program has no stdout');
    createInterface({ input: child.stdout }).on('line', (line) => this.#settle(JSON.parse(line) as Answer));
    void this.#ended.then(() => {
      for (const { reject } of this.#waiting.values()) reject(new Error('the program ended'));
    });
  }

  /** `file` lies beside this one; the environment is ours. */
  static async start(namespace: string, file: string, args: readonly string[] = []): Promise<Program> {
    const path = join(import.meta.dirname, file);
    const node = [process.execPath, '--conditions=source', path, ...args];
    const child = spawn('ip', ['netns', 'exec', namespace, ...node], { stdio: ['pipe', 'pipe', 'inherit'] });
    const program = new Program(child);
    await program.#wait(0);
    return program;
  }

  /** @throws what the command threw: message, code, remediation, details. */
  async call<T = unknown>(command: string, argument: unknown = null): Promise<T> {
    this.#calls += 1;
    const id = this.#calls;
    this.#child.stdin?.write(`${JSON.stringify({ id, command, argument })}\n`);
    return (await this.#wait(id)) as T;
  }

  /** SIGKILL and the end. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.stdin?.end();
    await this.#ended;
  }

  #wait(id: number): Promise<unknown> {
    const waiting = Promise.withResolvers<unknown>();
    waiting.promise.catch(() => {}); // a killed program's calls are of no interest
    this.#waiting.set(id, waiting);
    return waiting.promise;
  }

  #settle({ id, value, error }: Answer): void {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (error === undefined) waiting?.resolve(value);
    else waiting?.reject(Object.assign(new Error('the command failed'), error));
  }
}
