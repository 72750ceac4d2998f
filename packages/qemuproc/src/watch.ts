import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ProcessIdentity } from '@banger/system';
import { keepBounded } from './console.ts';
import { describeEnd, type MicrovmEnd } from './end.ts';
import { EndRecord } from './end-record.ts';
import { QemuError } from './errors.ts';
import type { HostProcesses } from './host.ts';
import { IoRetry } from './io-retry.ts';
import { tailOf, vmmLogTail } from './log-files.ts';
import type { Microvm } from './microvm.ts';
import { connectQmp, type ExecuteOptions, type QmpClient } from './qmp/client.ts';
import type { MicrovmStatus } from './qmp/commands.ts';
import type { QmpObject } from './qmp/messages.ts';
import { microvmFiles } from './spec.ts';

/** After its connection broke: how long a process may take to be gone, and how long an attempt to connect again. */
const EXIT_MS = 400;
const RECONNECT_MS = 400;
const TERM_GRACE_MS = 1000;

export interface WatchTarget {
  readonly processes: HostProcesses;
  readonly directory: string;
  readonly identity: ProcessIdentity;
}

/** Holds a control connection to a live QEMU, and learns of its end by it. */
export class WatchedMicrovm implements Microvm {
  readonly identity: ProcessIdentity;
  readonly ended: Promise<MicrovmEnd>;
  readonly #target: WatchTarget;
  readonly #record = new EndRecord();
  /** Aborted by `release` and at the end: whatever runs beside stops. */
  readonly #over = new AbortController();
  readonly #ioRetry = new IoRetry(this.#over.signal);
  readonly #settled = Promise.withResolvers<MicrovmEnd>();
  #client: QmpClient | undefined;
  #released = false;

  constructor(target: WatchTarget) {
    this.#target = target;
    this.identity = target.identity;
    this.ended = this.#settled.promise;
  }

  /** One attempt to connect, before `watch`. Errors as `connectQmp`. */
  async connect(options: ExecuteOptions): Promise<void> {
    const client = await connectQmp(join(this.#target.directory, microvmFiles.qmpSocket), {
      ...options,
      onEvent: (name, data) => this.#see(name, data),
    });
    try {
      const { status } = await client.status(options);
      this.#client = client;
      if (status === 'io-error') this.#ioRetry.schedule(() => this.#client);
    } catch (error) {
      client.close();
      throw error;
    }
  }

  /** Starts to watch for the end; call it once. */
  watch(): this {
    keepBounded(join(this.#target.directory, microvmFiles.consoleLog), this.#over.signal);
    void this.#follow();
    return this;
  }

  async status(options?: ExecuteOptions): Promise<MicrovmStatus> {
    return await this.#connected().status(options);
  }

  async powerdown(options?: ExecuteOptions): Promise<void> {
    await this.#connected().execute('system_powerdown', options);
  }

  async resume(options?: ExecuteOptions): Promise<void> {
    await this.#connected().execute('cont', options);
  }

  async quit(options: ExecuteOptions = {}): Promise<MicrovmEnd> {
    await this.#connected().execute('quit', options);
    return await unlessAborted(this.ended, options.signal);
  }

  async kill(signal?: AbortSignal): Promise<MicrovmEnd> {
    signal?.throwIfAborted();
    const { processes } = this.#target;
    if (processes.sameProcess(this.identity)) {
      this.#record.note('killed');
      processes.signalProcess(this.identity, 'SIGTERM');
      const escalation = setTimeout(() => processes.signalProcess(this.identity, 'SIGKILL'), TERM_GRACE_MS);
      void this.ended.then(() => clearTimeout(escalation));
    }
    if (!this.#released) return await unlessAborted(this.ended, signal);
    await processes.waitForExit(this.identity, signal && { signal });
    return await this.#finish();
  }

  release(): void {
    this.#released = true;
    this.#over.abort();
    this.#client?.close();
  }

  #see(name: string, data: QmpObject): void {
    this.#record.see(name, data);
    this.#ioRetry.see(name, data, () => this.#client);
  }

  #connected(): QmpClient {
    if (this.#client) return this.#client;
    throw new QemuError('qmp_closed', 'QEMU does not answer on its control socket at the moment');
  }

  /** Waits at the connection for its end; without one, asks for the process and tries to connect again. */
  async #follow(): Promise<void> {
    for (;;) {
      await this.#client?.closed;
      this.#client = undefined;
      if (this.#over.signal.aborted) return;
      if (await this.#isGone()) break;
      const options = { signal: this.#over.signal, timeoutMs: RECONNECT_MS };
      await this.connect(options).catch(() => {}); // then the process is asked again
    }
    if (this.#over.signal.aborted) return;
    this.#over.abort();
    this.#settled.resolve(await this.#finish());
  }

  async #isGone(): Promise<boolean> {
    const { processes } = this.#target;
    await processes.waitForExit(this.identity, { signal: this.#over.signal, deadlineMs: EXIT_MS }).catch(() => {});
    return !processes.sameProcess(this.identity);
  }

  async #finish(): Promise<MicrovmEnd> {
    const { directory } = this.#target;
    const [console, log] = await Promise.all([
      tailOf(join(directory, microvmFiles.consoleLog)).catch(() => ''),
      vmmLogTail(directory).catch(() => ''),
    ]);
    // An orderly end removes them; a kill leaves them. Whatever is left then is found by the next start.
    await removeControlFiles(directory).catch(() => {});
    return describeEnd(this.#record.cause ?? 'unknown', { console, log });
  }
}

export async function removeControlFiles(directory: string): Promise<void> {
  await rm(join(directory, microvmFiles.qmpSocket), { force: true });
  await rm(join(directory, microvmFiles.pidFile), { force: true });
}

async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return await promise;
  signal.throwIfAborted();
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = () => reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
