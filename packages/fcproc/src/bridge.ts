import type { Runner } from '@banger/system';
import { runBatch } from './batch.ts';
import { LinkConflictError } from './errors.ts';
import type { LinkInfo } from './links.ts';
import { type CallOptions, listLinks } from './list.ts';
import { linkAlias, linkMtu, linkName } from './names.ts';

/** A bridge as it shall be. */
export interface BridgeSpec {
  readonly name: string;
  /** Owner tag: an existing interface without exactly this alias is never touched. */
  readonly alias: string;
  /** Fixed, so that the bridge does not take on the lowest MAC of its members. */
  readonly mac: string;
  /** In bytes. */
  readonly mtu: number;
  /** IPv4 address with prefix length, `172.30.0.1/16`; any other IPv4 address of the bridge is removed. */
  readonly address: string;
  /**
   * A veth pair whose first end is a permanent member: a bridge without members has no carrier, and systemd-resolved
   * ignores links without one. It never carries a frame. Both ends get the bridge's alias.
   */
  readonly carrier: { readonly member: string; readonly peer: string };
  /** No link-local IPv6 address; needs a kernel with IPv6 switched on. */
  readonly noIpv6: boolean;
}

/**
 * Makes the bridge as `spec` says, or mends what differs; nothing is run when all is well.
 * `links` saves a process when the caller has just listed them.
 * @throws LinkConflictError when a name is taken by an interface with another alias; nothing was changed.
 */
export async function createBridge(
  runner: Runner,
  spec: BridgeSpec,
  options: CallOptions & { readonly links?: readonly LinkInfo[] } = {},
): Promise<void> {
  const links = options.links ?? (await listLinks(runner, options));
  await runBatch(runner, planBridge(links, spec), options);
}

/**
 * The `ip` commands that lead from `links` to `spec`.
 * @throws LinkConflictError, and RangeError when a field is not what `ip` would take as one word.
 */
export function planBridge(links: readonly LinkInfo[], spec: BridgeSpec): readonly string[] {
  validate(spec);
  const find = (name: string): LinkInfo | undefined => links.find((link) => link.name === name);
  const bridge = owned(find(spec.name), spec.alias, 'bridge');
  const member = owned(find(spec.carrier.member), spec.alias, 'veth');
  const peer = owned(find(spec.carrier.peer), spec.alias, 'veth');
  return [...planLink(bridge, spec), ...planAddress(bridge, spec), ...planCarrier(member, peer, spec)];
}

function validate({ name, alias, mac, mtu, address, carrier }: BridgeSpec): void {
  for (const word of [name, carrier.member, carrier.peer]) linkName(word);
  linkAlias(alias);
  linkMtu(mtu);
  if (!/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/.test(mac)) throw new RangeError(`not a MAC address in lower case: ${mac}`);
  if (!/^[0-9.]{7,15}\/[0-9]{1,2}$/.test(address)) throw new RangeError(`not an IPv4 address with prefix: ${address}`);
}

function owned(link: LinkInfo | undefined, alias: string, kind: string): LinkInfo | undefined {
  if (link !== undefined && (link.alias !== alias || link.kind !== kind)) {
    throw new LinkConflictError(link.name, link.alias, alias);
  }
  return link;
}

const ipv6Mode = (spec: { readonly noIpv6: boolean }): string => (spec.noIpv6 ? ' addrgenmode none' : '');

function planLink(bridge: LinkInfo | undefined, spec: BridgeSpec): readonly string[] {
  const { name, alias, mac, mtu } = spec;
  if (bridge === undefined) {
    return [
      // No spanning tree delay, and no multicast snooping: there is no querier, it would only lose packets.
      `link add name ${name} mtu ${mtu} address ${mac} type bridge stp_state 0 forward_delay 0 mcast_snooping 0`,
      `link set dev ${name} alias ${alias}`,
      `link set dev ${name}${ipv6Mode(spec)} up`,
    ];
  }
  const differs = bridge.mac !== mac || bridge.mtu !== mtu;
  return [
    ...(differs ? [`link set dev ${name} address ${mac} mtu ${mtu}`] : []),
    ...(bridge.up ? [] : [`link set dev ${name}${ipv6Mode(spec)} up`]),
  ];
}

function planAddress(bridge: LinkInfo | undefined, spec: BridgeSpec): readonly string[] {
  const present = (bridge?.addresses ?? [])
    .filter(({ family }) => family === 'inet')
    .map(({ address, prefixLength }) => `${address}/${prefixLength}`);
  return [
    ...present.filter((address) => address !== spec.address).map((address) => `addr del ${address} dev ${spec.name}`),
    ...(present.includes(spec.address) ? [] : [`addr replace ${spec.address} brd + dev ${spec.name}`]),
  ];
}

function planCarrier(member: LinkInfo | undefined, peer: LinkInfo | undefined, spec: BridgeSpec): readonly string[] {
  const { member: name, peer: peerName } = spec.carrier;
  if (member !== undefined && peer !== undefined && isCarrying(member, spec.name) && peer.up) return [];
  const exists = member !== undefined && peer !== undefined;
  return [
    ...(exists
      ? []
      : [
          // One end without the other: the pair was torn apart (moved to another namespace), so start again.
          ...(member === undefined ? [] : [`link del dev ${name}`]),
          ...(peer === undefined ? [] : [`link del dev ${peerName}`]),
          `link add name ${name} mtu ${spec.mtu} type veth peer name ${peerName} mtu ${spec.mtu}`,
          `link set dev ${name} alias ${spec.alias}`,
          `link set dev ${peerName} alias ${spec.alias}`,
        ]),
    // With ARP on, the peer would answer for the bridge's address with its own MAC.
    `link set dev ${peerName} arp off${ipv6Mode(spec)} up`,
    `link set dev ${name} master ${spec.name}${ipv6Mode(spec)} up`,
    `link set dev ${name} type bridge_slave learning off flood off mcast_flood off bcast_flood off`,
  ];
}

const isCarrying = (member: LinkInfo, bridge: string): boolean =>
  member.master === bridge && member.up && member.carrier;
