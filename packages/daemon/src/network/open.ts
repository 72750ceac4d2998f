import { deriveMac } from '@banger/fcproc';
import { hasIpv6 } from './bridge-state.ts';
import { BridgedNetwork } from './bridged-network.ts';
import { HostFiles } from './files.ts';
import { Firewall } from './firewall/firewall.ts';
import { contains, formatAddress, parseCidr } from './ipv4.ts';
import { instanceNames } from './names.ts';
import { chooseMtu, type HostNetworkOptions, planNetwork } from './options.ts';
import { Resolver } from './resolver/resolver.ts';
import { Upstreams } from './resolver/upstreams.ts';
import type { HostNetwork } from './types.ts';
import { findUplink } from './uplink.ts';

const DNS_PORT = 53;

/**
 * The host network of one daemon instance. Reads the uplink's MTU, and changes nothing yet.
 * @throws BangerError config_invalid
 */
export async function openHostNetwork(options: HostNetworkOptions): Promise<HostNetwork> {
  const { runner, clock, instanceId, log, lookup, files = new HostFiles() } = options;
  const plan = planNetwork(options.config);
  const names = instanceNames(instanceId);
  const address = formatAddress(plan.gateway.network);
  const upstreams = new Upstreams({
    files,
    clock,
    self: address,
    ...(plan.upstreams === undefined ? {} : { fixed: plan.upstreams }),
  });
  const resolver = new Resolver({
    upstreams,
    clock,
    address,
    port: DNS_PORT,
    isClient: (client) => {
      const range = parseCidr(client);
      return range !== undefined && contains(plan.cidr, range);
    },
    onFailure: (error) => log.warn({ err: error }, 'the resolver of the guests had a failure'),
    ...(lookup === undefined ? {} : { lookup }),
  });
  return new BridgedNetwork({
    host: { runner, files, firewall: new Firewall(runner, files, instanceId), gateway: address },
    plan,
    names,
    resolver,
    locks: options.locks,
    log,
    bridge: {
      name: plan.bridge,
      alias: names.bridgeAlias,
      mac: deriveMac(`bridge ${instanceId}`),
      mtu: chooseMtu(plan.mtu, (await findUplink(files))?.mtu),
      address: `${address}/${plan.cidr.prefixLength}`,
      carrier: names.carrier,
      noIpv6: await hasIpv6(files),
    },
  });
}
