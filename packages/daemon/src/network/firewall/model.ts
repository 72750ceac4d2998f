import type { Cidr } from '../ipv4.ts';

/** A packet as far as we know it; what is undefined could be anything. */
export interface Packet {
  readonly iif: string | undefined;
  readonly oif: string | undefined;
  /** An interface that an unknown `iif` or `oif` is not. */
  readonly neither: string;
  readonly saddr: Cidr | undefined;
  readonly daddr: Cidr | undefined;
  readonly protocol: 'tcp' | 'udp';
  readonly sport: number | undefined;
  readonly dport: number | undefined;
  readonly state: 'new' | 'established';
  /** Addressed to this host, not to be forwarded. */
  readonly local: boolean;
}

/** Whether a packet fits; undefined when that depends on what we do not know, or on what we cannot read. */
export type Match = (packet: Packet) => boolean | undefined;

export type Verdict =
  | { readonly kind: 'accept' | 'drop' | 'return' }
  | { readonly kind: 'jump' | 'goto'; readonly target: string }
  /** One of these, or none: a verdict map, a queue to a program. */
  | { readonly kind: 'oneOf'; readonly verdicts: readonly Verdict[] };

export interface Rule {
  readonly matches: readonly Match[];
  /** undefined for a rule that only counts or logs. */
  readonly verdict: Verdict | undefined;
  readonly comment: string | undefined;
  /** The rule as iptables-save printed it, to name it again. */
  readonly source?: string;
}

export interface Chain {
  readonly name: string;
  /** For base chains: where the kernel calls it. */
  readonly hook: string | undefined;
  readonly policy: 'accept' | 'drop';
  readonly rules: readonly Rule[];
}

/** A table of nftables or iptables; verdicts stay within it. */
export interface Table {
  /** For people: `inet filter`, `iptables filter`. */
  readonly label: string;
  readonly backend: 'nft' | 'iptables-nft' | 'iptables-legacy';
  readonly chains: ReadonlyMap<string, Chain>;
}
