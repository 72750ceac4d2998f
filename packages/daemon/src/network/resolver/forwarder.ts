import type { Clock } from '@banger/system';
import { parseAddress } from '../ipv4.ts';
import { type Exchange, exchangeTcp, exchangeUdp } from './exchange.ts';
import { addressReply, errorReply, type Query, RCODE, rcode, readQuery, withId } from './message.ts';
import type { Upstream, Upstreams } from './upstreams.ts';

/**
 * Answers names that the daemon itself knows: IPv4 addresses (none: the name has no address), or undefined for names
 * that are forwarded. `name` is in lower case, without a dot at its end.
 */
export type Lookup = (name: string) => readonly string[] | undefined;

export type Transport = 'udp' | 'tcp';

export interface ForwarderOptions {
  readonly upstreams: Upstreams;
  readonly clock: Clock;
  readonly lookup?: Lookup;
  /** Time that one server has to answer, in milliseconds; 1500 over UDP and 3000 over TCP unless told. */
  readonly attemptMs?: number;
}

/** Clients give up after 5 seconds (resolv.conf(5), RES_TIMEOUT): answer before, also when all fails. */
const TOTAL_MS = 4500;
const ATTEMPT_MS: Readonly<Record<Transport, number>> = { udp: 1500, tcp: 3000 };
/** A packet may get lost: a single server is asked twice. */
const MIN_ATTEMPTS = 2;
/** Names of ours change when VMs come and go. */
const OWN_TTL_SECONDS = 5;

/** Turns one message of a client into its answer; undefined when it deserves none. Never rejects, but when aborted. */
export class Forwarder {
  readonly #options: ForwarderOptions;

  constructor(options: ForwarderOptions) {
    this.#options = options;
  }

  async answer(message: Buffer, transport: Transport, signal: AbortSignal): Promise<Buffer | undefined> {
    const read = readQuery(message);
    if (read === undefined) return undefined;
    if ('reply' in read) return read.reply;
    return this.#own(read.query) ?? (await this.#forward(read.query, transport, signal));
  }

  #own(query: Query): Buffer | undefined {
    const addresses = this.#options.lookup?.(query.question.name);
    if (addresses === undefined) return undefined;
    return addressReply(
      query,
      addresses.flatMap((address) => parseAddress(address) ?? []),
      OWN_TTL_SECONDS,
    );
  }

  async #forward(query: Query, transport: Transport, signal: AbortSignal): Promise<Buffer> {
    const { upstreams, clock, attemptMs = ATTEMPT_MS[transport] } = this.#options;
    const exchange = transport === 'udp' ? exchangeUdp : exchangeTcp;
    const deadlineMs = clock.monotonicMs() + TOTAL_MS;
    let unhelpful: Buffer | undefined;
    for (const upstream of attempts(await upstreams.ordered())) {
      const timeoutMs = Math.min(attemptMs, deadlineMs - clock.monotonicMs());
      if (timeoutMs <= 0) break;
      const answer = await this.#ask(exchange, query, upstream, { timeoutMs, signal });
      if (answer === undefined) continue;
      if (isHelpful(answer)) return withId(answer, query.bytes.readUInt16BE(0));
      unhelpful = answer;
    }
    if (unhelpful !== undefined) return withId(unhelpful, query.bytes.readUInt16BE(0));
    return errorReply(query.bytes, RCODE.serverFailure, query.question);
  }

  async #ask(
    exchange: Exchange,
    query: Query,
    upstream: Upstream,
    options: { readonly timeoutMs: number; readonly signal: AbortSignal },
  ): Promise<Buffer | undefined> {
    try {
      const answer = await exchange(query, upstream, options);
      this.#options.upstreams.restore(upstream);
      return answer;
    } catch {
      // Silence, a refused connection, no route: all mean that the next server is asked.
      options.signal.throwIfAborted();
      this.#options.upstreams.demote(upstream);
      return undefined;
    }
  }
}

function attempts(upstreams: readonly Upstream[]): readonly Upstream[] {
  const [only] = upstreams;
  return only !== undefined && upstreams.length < MIN_ATTEMPTS ? [only, only] : upstreams;
}

/** Whether another server cannot know better. */
function isHelpful(answer: Buffer): boolean {
  const code = rcode(answer);
  return code !== RCODE.serverFailure && code !== RCODE.refused && code !== RCODE.notImplemented;
}
