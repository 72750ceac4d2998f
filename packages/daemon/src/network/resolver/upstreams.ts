import { isIP } from 'node:net';
import type { Clock } from '@banger/system';
import type { HostFiles } from '../files.ts';

/** A server that queries are forwarded to. */
export interface Upstream {
  readonly address: string;
  readonly port: number;
}

const DNS_PORT = 53;
/** resolv.conf(5): MAXNS of the C library. */
const MAX_UPSTREAMS = 3;
const RESOLV_CONF = '/etc/resolv.conf';
/** A change of resolv.conf is seen after this time at the latest, in milliseconds. */
const REREAD_MS = 1000;
/** A server that did not answer is asked last for this long, in milliseconds. */
const DEMOTION_MS = 30_000;

/** The servers named in a resolv.conf; the local one where it names none, as resolv.conf(5) says. */
export function parseResolvConf(text: string): readonly Upstream[] {
  const servers = text.split('\n').flatMap((line) => {
    const [keyword, address] = line.trim().split(/\s+/);
    return keyword === 'nameserver' && address !== undefined ? (parseUpstream(address) ?? []) : [];
  });
  return servers.length === 0 ? [{ address: '127.0.0.1', port: DNS_PORT }] : servers.slice(0, MAX_UPSTREAMS);
}

/** Reads `192.0.2.1`, `192.0.2.1:5353`, `2001:db8::1`, `fe80::1%eth0` or `[2001:db8::1]:5353`. */
export function parseUpstream(text: string): Upstream | undefined {
  if (isIP(text) !== 0) return { address: text, port: DNS_PORT };
  const [, bracketed, plain, portText] = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(text) ?? [];
  const address = bracketed ?? plain ?? '';
  const port = Number(portText);
  return isIP(address) !== 0 && port > 0 && port <= 65_535 ? { address, port } : undefined;
}

export interface UpstreamsOptions {
  readonly files: HostFiles;
  readonly clock: Clock;
  /** Fixed servers; those of the host's resolv.conf when absent. */
  readonly fixed?: readonly Upstream[];
  /** Our own address, which the host may list to find our names: never asked. */
  readonly self: string;
}

/** The servers to ask, best first. */
export class Upstreams {
  readonly #options: UpstreamsOptions;
  readonly #demotedUntilMs = new Map<string, number>();
  #current: Promise<readonly Upstream[]> = Promise.resolve([]);
  #readAtMs = Number.NEGATIVE_INFINITY;

  constructor(options: UpstreamsOptions) {
    this.#options = options;
  }

  /** In the order of the configuration, but those that failed lately last. */
  async ordered(): Promise<readonly Upstream[]> {
    const { clock, self } = this.#options;
    const now = clock.monotonicMs();
    if (now - this.#readAtMs >= REREAD_MS) {
      this.#readAtMs = now;
      this.#current = this.#read();
    }
    const isDemoted = (upstream: Upstream): boolean => (this.#demotedUntilMs.get(keyOf(upstream)) ?? 0) > now;
    const usable = (await this.#current).filter(({ address }) => address !== self);
    return [...usable.filter((upstream) => !isDemoted(upstream)), ...usable.filter(isDemoted)];
  }

  /** The server did not answer. */
  demote(upstream: Upstream): void {
    this.#demotedUntilMs.set(keyOf(upstream), this.#options.clock.monotonicMs() + DEMOTION_MS);
  }

  /** The server answered. */
  restore(upstream: Upstream): void {
    this.#demotedUntilMs.delete(keyOf(upstream));
  }

  async #read(): Promise<readonly Upstream[]> {
    const { fixed, files } = this.#options;
    if (fixed !== undefined) return fixed;
    const upstreams = parseResolvConf((await files.read(RESOLV_CONF)) ?? '');
    const known = new Set(upstreams.map(keyOf));
    for (const key of this.#demotedUntilMs.keys()) if (!known.has(key)) this.#demotedUntilMs.delete(key);
    return upstreams;
  }
}

const keyOf = ({ address, port }: Upstream): string => `${address} ${port}`;
