import { setTimeout as delay } from 'node:timers/promises';
import type { Client, MethodName, Params, Result } from '@banger/api-types/client';
import { hasCode } from '../cli-error.ts';
import type { Context } from '../context.ts';
import { note } from '../context.ts';
import { connectDaemon } from './connect.ts';

/** How long a daemon that was there may be away, for example for its restart. */
const AWAY_MS = 60_000;
const FIRST_WAIT_MS = 50;
const LONGEST_WAIT_MS = 1000;
/** A call that breaks the connection again and again is the cause. */
const MOST_BREAKS = 5;

export interface LinkCallOptions {
  /** Ends waiting, and trying to get the connection back. */
  readonly signal?: AbortSignal;
  /** Tells people that the connection broke; a plain note unless told. */
  readonly announce?: (text: string) => void;
}

/**
 * A connection that is made again when it broke, for calls that may be repeated: those that only read, and those that
 * carry an idempotency key. The first connection must succeed at once.
 */
export class DaemonLink implements Disposable {
  readonly #context: Context;
  #client: Client | undefined;

  private constructor(context: Context, client: Client) {
    this.#context = context;
    this.#client = client;
  }

  /** @throws CliError or RpcError when there is no daemon */
  static async open(context: Context): Promise<DaemonLink> {
    return new DaemonLink(context, await connectDaemon(context));
  }

  /**
   * @throws RpcError of the daemon; the signal's reason when it was aborted; `daemon_unreachable` when the daemon
   * stayed away
   */
  async call<M extends MethodName>(method: M, params: Params<M>, options: LinkCallOptions = {}): Promise<Result<M>> {
    const { signal } = options;
    for (let breaks = 1; ; breaks++) {
      const client = await this.client(options);
      try {
        return await client.call(method, params, signal === undefined ? {} : { signal });
      } catch (error) {
        // While it closes the daemon answers so; the next one knows what became of the operation.
        if (!hasCode(error, 'daemon_unreachable') && !hasCode(error, 'shutting_down')) throw error;
        if (signal?.aborted === true || breaks === MOST_BREAKS) throw error;
        client.close();
        if (this.#client === client) this.#client = undefined;
      }
    }
  }

  /** The connection, made again if it broke. */
  async client(options: LinkCallOptions = {}): Promise<Client> {
    return (this.#client ??= await this.#again(options));
  }

  [Symbol.dispose](): void {
    this.#client?.close();
  }

  async #again({ signal, announce }: LinkCallOptions): Promise<Client> {
    (announce ?? ((text) => note(this.#context, text)))(
      'The connection to the daemon broke; trying to get it back ...',
    );
    const deadline = performance.now() + AWAY_MS;
    for (let wait = FIRST_WAIT_MS; ; wait = Math.min(wait * 2, LONGEST_WAIT_MS)) {
      await delay(wait, undefined, signal === undefined ? {} : { signal });
      try {
        return await connectDaemon(this.#context, signal);
      } catch (error) {
        if (!hasCode(error, 'daemon_unreachable') || performance.now() > deadline) throw error;
      }
    }
  }
}
