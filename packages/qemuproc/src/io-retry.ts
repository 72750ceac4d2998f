import { setTimeout as delay } from 'node:timers/promises';
import type { QmpClient } from './qmp/client.ts';
import type { QmpObject } from './qmp/messages.ts';

/**
 * QEMU stops a machine whose write found no space on the host. This lets it run again from time to time: it goes on
 * where it stood as soon as there is room, and stops again where there is none.
 */
export class IoRetry {
  readonly #signal: AbortSignal;
  readonly #everyMs: number;
  #pending = false;

  constructor(signal: AbortSignal, everyMs = 2000) {
    this.#signal = signal;
    this.#everyMs = everyMs;
  }

  /** For every QMP event. */
  see(event: string, data: QmpObject, client: () => QmpClient | undefined): void {
    if (event === 'BLOCK_IO_ERROR' && data['action'] === 'stop') this.schedule(client);
  }

  schedule(client: () => QmpClient | undefined): void {
    if (this.#pending || this.#signal.aborted) return;
    this.#pending = true;
    delay(this.#everyMs, undefined, { signal: this.#signal, ref: false })
      .then(async () => {
        this.#pending = false;
        await client()?.execute('cont', { signal: this.#signal });
      })
      .catch(() => {}); // released, or the connection is gone: the next one looks at the status again
  }
}
