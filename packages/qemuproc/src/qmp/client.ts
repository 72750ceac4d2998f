import { connect, type Socket } from 'node:net';
import { QemuError } from '../errors.ts';
import { type MicrovmStatus, parseStatus, type QmpCommands } from './commands.ts';
import { QmpDecoder } from './decoder.ts';
import type { QmpMessage, QmpObject } from './messages.ts';

export interface ConnectQmpOptions {
  readonly signal?: AbortSignal | undefined;
  /** For connection, greeting and negotiation together, in milliseconds; 5000 unless told. */
  readonly timeoutMs?: number | undefined;
  /** Sees every event from the first on. */
  readonly onEvent?: ((name: string, data: QmpObject) => void) | undefined;
}

export interface ExecuteOptions {
  readonly signal?: AbortSignal | undefined;
  /** In milliseconds; 5000 unless told. */
  readonly timeoutMs?: number | undefined;
}

/** A negotiated connection to QEMU's control socket. */
export interface QmpClient {
  /** Of QEMU: `7.2.22`. */
  readonly version: string;
  /** Settles when the connection is gone, whoever ended it; never rejects. */
  readonly closed: Promise<void>;
  /** @throws QemuError `qmp_refused`, `qmp_timeout`, `qmp_closed`; the signal's reason. */
  execute(command: Exclude<keyof QmpCommands, 'query-status'>, options?: ExecuteOptions): Promise<void>;
  status(options?: ExecuteOptions): Promise<MicrovmStatus>;
  /** Lets go of the connection; QEMU lives on and serves the next one. */
  close(): void;
}

interface Waiter {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

const DEFAULT_TIMEOUT_MS = 5000;

/**
 * Connects and negotiates. QEMU serves one connection at a time and lets others wait.
 * @throws QemuError `qmp_closed` (nobody listens), `qmp_timeout`, `qmp_protocol`; the signal's reason.
 */
export async function connectQmp(socketPath: string, options: ConnectQmpOptions = {}): Promise<QmpClient> {
  options.signal?.throwIfAborted();
  const connection = new QmpConnection(connect(socketPath), options.onEvent);
  try {
    const { signal, timeoutMs = DEFAULT_TIMEOUT_MS } = options;
    await within(connection.greeted, { signal, timeoutMs }, 'the greeting');
    await connection.execute('qmp_capabilities', { signal, timeoutMs });
    return connection;
  } catch (error) {
    connection.close();
    throw error;
  }
}

class QmpConnection implements QmpClient {
  version = '';
  readonly closed: Promise<void>;
  readonly greeted: Promise<void>;
  readonly #socket: Socket;
  readonly #onEvent: ConnectQmpOptions['onEvent'];
  readonly #decoder = new QmpDecoder();
  readonly #waiting = new Map<number, Waiter>();
  readonly #greeting = Promise.withResolvers<void>();
  #nextId = 1;
  #error: QemuError | undefined;

  constructor(socket: Socket, onEvent: ConnectQmpOptions['onEvent']) {
    this.#socket = socket;
    this.#onEvent = onEvent;
    this.greeted = this.#greeting.promise;
    this.greeted.catch(() => {}); // whoever waits for it learns; a later loss is told by `closed`
    this.closed = new Promise((resolve) => {
      socket.once('close', () => {
        this.#fail(new QemuError('qmp_closed', 'the connection to QEMU is closed'));
        resolve();
      });
    });
    socket.on('data', (chunk) => this.#receive(chunk));
    // 'close' follows both; the first error wins.
    socket.on('error', (cause) =>
      this.#fail(new QemuError('qmp_closed', `no connection to QEMU: ${cause.message}`, { cause })),
    );
    socket.on('end', () => socket.destroy());
  }

  async execute(command: keyof QmpCommands, options: ExecuteOptions = {}): Promise<void> {
    await this.#call(command, options);
  }

  async status(options: ExecuteOptions = {}): Promise<MicrovmStatus> {
    return parseStatus(await this.#call('query-status', options));
  }

  close(): void {
    this.#socket.destroy();
  }

  async #call(
    command: keyof QmpCommands,
    { signal, timeoutMs = DEFAULT_TIMEOUT_MS }: ExecuteOptions,
  ): Promise<unknown> {
    signal?.throwIfAborted();
    if (this.#error) throw this.#error;
    const id = this.#nextId++;
    const answer = Promise.withResolvers<unknown>();
    this.#waiting.set(id, answer);
    try {
      this.#socket.write(`${JSON.stringify({ execute: command, id })}\n`);
      return await within(answer.promise, { signal, timeoutMs }, `an answer to ${command}`);
    } finally {
      this.#waiting.delete(id); // an answer that comes later belongs to nobody
    }
  }

  #receive(chunk: Uint8Array): void {
    try {
      for (const message of this.#decoder.push(chunk)) this.#handle(message);
    } catch (error) {
      this.#fail(
        error instanceof QemuError ? error : new QemuError('qmp_protocol', 'cannot read QMP', { cause: error }),
      );
      this.#socket.destroy();
    }
  }

  #handle(message: QmpMessage): void {
    switch (message.kind) {
      case 'greeting':
        this.version = message.version;
        this.#greeting.resolve();
        return;
      case 'event':
        this.#onEvent?.(message.name, message.data);
        return;
      case 'return':
        this.#waiterOf(message.id)?.resolve(message.value);
        return;
      case 'error': {
        const text = `QEMU refused a command (${message.errorClass}): ${message.description}`;
        this.#waiterOf(message.id)?.reject(new QemuError('qmp_refused', text));
      }
    }
  }

  #waiterOf(id: number | undefined): Waiter | undefined {
    return id === undefined ? undefined : this.#waiting.get(id);
  }

  #fail(error: QemuError): void {
    this.#error ??= error;
    this.#greeting.reject(this.#error);
    for (const waiter of this.#waiting.values()) waiter.reject(this.#error);
  }
}

interface Bounds {
  readonly signal: AbortSignal | undefined;
  readonly timeoutMs: number;
}

async function within<T>(promise: Promise<T>, { signal, timeoutMs }: Bounds, what: string): Promise<T> {
  const { promise: ended, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    reject(new QemuError('qmp_timeout', `QEMU did not send ${what} within ${timeoutMs} ms`));
  }, timeoutMs);
  const onAbort = () => reject(signal?.reason);
  signal?.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([promise, ended]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', onAbort);
  }
}
