import type { Clock, Runner } from '@banger/system';
import { BangerError } from '../errors.ts';
import type { Locks } from '../locks/types.ts';
import type { HostFiles } from './files.ts';
import { type Cidr, contains, formatCidr, parseCidr } from './ipv4.ts';
import type { Lookup } from './resolver/forwarder.ts';
import { parseUpstream, type Upstream } from './resolver/upstreams.ts';
import type { NetworkConfig } from './types.ts';

export interface HostNetworkOptions {
  readonly config: NetworkConfig;
  /** 8 hexadecimal digits: in every name and tag on the host. */
  readonly instanceId: string;
  readonly runner: Runner;
  readonly clock: Clock;
  readonly locks: Pick<Locks, 'withLeaf'>;
  readonly log: NetworkLog;
  /** Names that the resolver answers itself. */
  readonly lookup?: Lookup;
  /** The host's /proc, /sys and /etc; the real ones unless told. */
  readonly files?: HostFiles;
}

/** The part of a pino logger that the network needs. */
export interface NetworkLog {
  info(details: object, message: string): void;
  warn(details: object, message: string): void;
}

/** The configuration, checked. */
export interface NetworkPlan {
  readonly bridge: string;
  readonly cidr: Cidr;
  /** First host of the range, as /32. */
  readonly gateway: Cidr;
  readonly mtu: number | undefined;
  readonly upstreams: readonly Upstream[] | undefined;
}

/** Room for network, gateway, broadcast address and one guest. */
const LONGEST_PREFIX = 30;
/** A larger range would swallow most of what else there is. */
const SHORTEST_PREFIX = 8;
/** Least MTU for IPv6 (RFC 8200), which guests may use among themselves; most for a TAP. */
const MTU_RANGE = { least: 1280, most: 65_521 } as const;

/** @throws BangerError config_invalid */
export function planNetwork(config: NetworkConfig): NetworkPlan {
  const { bridge, mtu } = config;
  if (!/^[A-Za-z][A-Za-z0-9_.-]{0,14}$/.test(bridge)) {
    throw invalid('bridge', `"${bridge}" is no interface name`, 'Use 1 to 15 letters, digits, dots and dashes.');
  }
  if (mtu !== undefined && !(Number.isInteger(mtu) && mtu >= MTU_RANGE.least && mtu <= MTU_RANGE.most)) {
    throw invalid('mtu', `${mtu} is no MTU`, `Use ${MTU_RANGE.least} to ${MTU_RANGE.most} bytes, or leave it out.`);
  }
  const cidr = readRange(config.cidr);
  const upstreams = config.resolvers?.map((text) => {
    const upstream = parseUpstream(text);
    if (upstream !== undefined) return upstream;
    throw invalid('resolvers', `"${text}" is no address`, 'Use addresses such as "9.9.9.9" or "192.0.2.1:5353".');
  });
  return { bridge, cidr, gateway: { network: cidr.network + 1, prefixLength: 32 }, mtu, upstreams };
}

/** MTU of the bridge: as configured, else the uplink's. */
export function chooseMtu(configured: number | undefined, uplink: number | undefined): number {
  const ETHERNET = 1500;
  return configured ?? Math.min(Math.max(uplink ?? ETHERNET, MTU_RANGE.least), MTU_RANGE.most);
}

function readRange(text: string): Cidr {
  const example = 'Use a private range such as "172.30.0.0/16".';
  const cidr = parseCidr(text);
  if (cidr === undefined || !text.includes('/')) throw invalid('cidr', `"${text}" is no IPv4 range`, example);
  if (formatCidr(cidr) !== text) {
    throw invalid('cidr', `"${text}" does not begin with its network address`, `Use "${formatCidr(cidr)}".`);
  }
  if (cidr.prefixLength > LONGEST_PREFIX || cidr.prefixLength < SHORTEST_PREFIX) {
    throw invalid(
      'cidr',
      `"${text}" has too few or too many addresses`,
      `Use /${SHORTEST_PREFIX} to /${LONGEST_PREFIX}.`,
    );
  }
  const unusable = ['127.0.0.0/8', '224.0.0.0/3', '0.0.0.0/8', '169.254.0.0/16'].flatMap(
    (range) => parseCidr(range) ?? [],
  );
  if (unusable.some((range) => contains(range, cidr)))
    throw invalid('cidr', `"${text}" cannot be used for hosts`, example);
  return cidr;
}

function invalid(key: string, message: string, remediation: string): BangerError {
  return new BangerError('config_invalid', `network.${key}: ${message}.`, {
    remediation,
    details: { key: `network.${key}` },
  });
}
