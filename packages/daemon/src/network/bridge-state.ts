import type { BridgeSpec } from '@banger/fcproc';
import type { HostFiles } from './files.ts';
import { type Cidr, formatAddress } from './ipv4.ts';
import { FORWARDING_PATH } from './observe.ts';
import { hexOfAddress } from './sockets.ts';
import { parseRoutes } from './uplink.ts';

/** Kernel settings that the bridge needs, and what they must be. */
async function wantedSettings(files: HostFiles, bridge: string): Promise<ReadonlyMap<string, string>> {
  const ipv6 = `/proc/sys/net/ipv6/conf/${bridge}/disable_ipv6`;
  const settings: [string, string][] = [
    [FORWARDING_PATH, '1'],
    [`/proc/sys/net/ipv4/conf/${bridge}/forwarding`, '1'],
  ];
  // Without IPv6 to the outside, a bridge that speaks it would only be a black hole.
  if (await hasIpv6(files)) settings.push([ipv6, '1']);
  return new Map(settings);
}

export async function hasIpv6(files: HostFiles): Promise<boolean> {
  return files.exists('/proc/sys/net/ipv6/conf');
}

/** The settings that are not as wanted. */
export async function wrongSettings(files: HostFiles, bridge: string): Promise<readonly string[]> {
  const wanted = await wantedSettings(files, bridge);
  const checked = await Promise.all(
    [...wanted].map(async ([path, value]) => ((await files.read(path)) === value ? [] : [path])),
  );
  return checked.flat();
}

/** Whether bridge, carrier, address and settings are as they shall be; reads a few files, starts no process. */
export async function isBridgeIntact(files: HostFiles, spec: BridgeSpec, cidr: Cidr): Promise<boolean> {
  const sys = `/sys/class/net/${spec.name}`;
  const [alias, mtu, mac, member, operstate, routes, wrong] = await Promise.all([
    files.read(`${sys}/ifalias`),
    files.read(`${sys}/mtu`),
    files.read(`${sys}/address`),
    files.exists(`${sys}/brif/${spec.carrier.member}`),
    files.read(`${sys}/operstate`),
    files.read('/proc/net/route'),
    wrongSettings(files, spec.name),
  ]);
  const network = hexOfAddress(formatAddress(cidr.network));
  // The kernel has this route exactly while the bridge is up and has its address.
  const hasRoute = parseRoutes(routes ?? '').some(
    ({ device, destination }) => device === spec.name && destination === network,
  );
  return (
    alias === spec.alias &&
    mtu === String(spec.mtu) &&
    mac === spec.mac &&
    member &&
    operstate === 'up' &&
    hasRoute &&
    wrong.length === 0
  );
}
