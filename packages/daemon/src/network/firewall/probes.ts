import type { Cidr } from '../ipv4.ts';
import type { Packet } from './model.ts';

/** Where the guests are, seen from the host. */
export interface GuestSide {
  readonly bridge: string;
  readonly cidr: Cidr;
  readonly gateway: Cidr;
  /** Interface of the default route, when there is one. */
  readonly uplink: string | undefined;
}

/** A packet that must pass for guests to be of use. */
export interface Probe {
  /** For people, as in `... drops <what>`. */
  readonly what: string;
  readonly hook: 'forward' | 'input';
  readonly packet: Packet;
}

/** What must pass: the first packet of a connection to the internet, its answer, and a DNS query to the gateway. */
export function guestProbes({ bridge, cidr, gateway, uplink }: GuestSide): readonly Probe[] {
  const base = { neither: bridge, protocol: 'tcp', sport: undefined, dport: undefined, local: false } as const;
  return [
    {
      what: "the guests' connections to the outside",
      hook: 'forward',
      packet: { ...base, iif: bridge, oif: uplink, saddr: cidr, daddr: undefined, dport: 443, state: 'new' },
    },
    {
      what: 'the answers to guests',
      hook: 'forward',
      packet: { ...base, iif: uplink, oif: bridge, saddr: undefined, daddr: cidr, sport: 443, state: 'established' },
    },
    {
      what: "the guests' DNS queries to the gateway",
      hook: 'input',
      packet: {
        ...base,
        iif: bridge,
        oif: undefined,
        saddr: cidr,
        daddr: gateway,
        protocol: 'udp',
        dport: 53,
        state: 'new',
        local: true,
      },
    },
  ];
}
