import { findBlocked } from './firewall/blocked.ts';
import { withDockerAccept } from './firewall/docker-user.ts';
import type { GuestSide } from './firewall/probes.ts';
import { type Cidr, formatAddress, formatCidr, overlaps, parseCidr } from './ipv4.ts';
import type { InstanceNames } from './names.ts';
import type { HostObservation } from './observe.ts';
import type { NetworkFinding } from './types.ts';

const PACKAGES: Readonly<Record<string, string>> = { ip: 'iproute2', nft: 'nftables' };

/** What stands in the way of the guests' network; empty when nothing does. */
export function findConflicts(host: HostObservation, side: GuestSide, names: InstanceNames): readonly NetworkFinding[] {
  return [
    ...missingThings(host),
    ...foreignBridge(host, side, names),
    ...takenRange(host, side, names),
    ...takenDnsPort(host, side, names),
    ...findBlocked(withDockerAccept(host.tables, side.bridge, names.ruleTag), { ...side, uplink: host.uplink?.device }),
  ];
}

function missingThings({ missing, hasTun, forwarding }: HostObservation): readonly NetworkFinding[] {
  const findings: NetworkFinding[] = missing.map((program) => ({
    code: 'prerequisite_missing',
    message: `The program ${program} is not installed.`,
    remediation: `Install it, on Debian with: apt install ${PACKAGES[program] ?? program}`,
  }));
  if (!hasTun) {
    findings.push({
      code: 'prerequisite_missing',
      message: '/dev/net/tun is missing, so VMs cannot have a network device.',
      remediation: 'Run: modprobe tun (in a container, start it with --device /dev/net/tun).',
    });
  }
  if (!forwarding.on && forwarding.readOnly) {
    findings.push({
      code: 'prerequisite_missing',
      message: 'IP forwarding is off and cannot be switched on here (/proc/sys is read-only).',
      remediation: 'Run on the host, outside of this container: sysctl -w net.ipv4.ip_forward=1',
    });
  }
  return findings;
}

function foreignBridge({ links }: HostObservation, { bridge }: GuestSide, names: InstanceNames): NetworkFinding[] {
  const link = links.find(({ name }) => name === bridge);
  if (link === undefined || (link.alias === names.bridgeAlias && link.kind === 'bridge')) return [];
  const owner = link.alias?.startsWith('banger:') === true ? 'another banger daemon' : 'something else';
  return [
    {
      code: 'network_conflict',
      message: `The network interface ${bridge} exists and belongs to ${owner}.`,
      remediation: `Set another name as \`network.bridge\`, or remove the interface if nothing needs it: ip link del ${bridge}`,
    },
  ];
}

function takenRange(host: HostObservation, { cidr }: GuestSide, names: InstanceNames): NetworkFinding[] {
  const ours = new Set(host.links.filter(({ alias }) => alias === names.bridgeAlias).map(({ name }) => name));
  const taken = takenRanges(host, ours);
  const clash = taken.find((entry) => overlaps(entry.range, cidr));
  if (clash === undefined) return [];
  const free = suggestRange(taken.map(({ range }) => range));
  return [
    {
      code: 'network_conflict',
      message: `The guests' address range ${formatCidr(cidr)} is in use: ${clash.by} has ${formatCidr(clash.range)}.`,
      remediation:
        free === undefined
          ? 'Set a free private range as `network.cidr`.'
          : `Set another range as \`network.cidr\`: ${formatCidr(free)} is free.`,
    },
  ];
}

interface TakenRange {
  readonly range: Cidr;
  readonly by: string;
}

/** Shorter prefixes are a default route, or one cut in pieces as VPNs do. */
const SHORTEST_PREFIX = 8;

function takenRanges({ links, routes }: HostObservation, ours: ReadonlySet<string>): readonly TakenRange[] {
  const entries = [
    ...links.flatMap(({ name, addresses }) =>
      addresses.map(({ address, prefixLength }) => ({
        device: name,
        range: `${address}/${prefixLength}`,
        by: `interface ${name}`,
      })),
    ),
    ...routes.map(({ device, destination, type }) => ({
      device,
      range: destination,
      by: device === undefined ? `a ${type} route` : `a route over ${device}`,
    })),
  ];
  return entries.flatMap(({ device, range: text, by }) => {
    const range = parseCidr(text);
    if (range === undefined || range.prefixLength < SHORTEST_PREFIX) return [];
    return device !== undefined && ours.has(device) ? [] : [{ range, by }];
  });
}

/** A private range of the usual size that nothing on the host uses. */
function suggestRange(taken: readonly Cidr[]): Cidr | undefined {
  const candidates = [
    ...Array.from({ length: 16 }, (_, index) => `172.${31 - index}.0.0/16`),
    ...Array.from({ length: 56 }, (_, index) => `10.${200 + index}.0.0/16`),
    ...Array.from({ length: 256 }, (_, index) => `192.168.${255 - index}.0/24`),
  ].flatMap((text) => parseCidr(text) ?? []);
  return candidates.find((candidate) => !taken.some((range) => overlaps(range, candidate)));
}

function takenDnsPort({ dnsPort, links }: HostObservation, side: GuestSide, names: InstanceNames): NetworkFinding[] {
  // On the gateway of a bridge of ours it is the daemon's own resolver, seen from a doctor in another process.
  const isOwn =
    dnsPort === 'gateway' && links.some(({ name, alias }) => name === side.bridge && alias === names.bridgeAlias);
  if (dnsPort === 'free' || isOwn) return [];
  const gateway = formatAddress(side.gateway.network);
  return [
    {
      code: 'network_conflict',
      message: `Another program listens on port 53 of ${dnsPort === 'gateway' ? gateway : 'all addresses'}, so the guests' resolver cannot have ${gateway}:53.`,
      remediation:
        'Find it with: ss -lnp "sport = 53". Then let it listen on its own addresses only (dnsmasq: bind-interfaces and except-interface; bind9: listen-on; unbound: interface).',
    },
  ];
}
