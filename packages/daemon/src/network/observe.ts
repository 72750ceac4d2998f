import { type LinkInfo, listNetwork, type RouteInfo } from '@banger/fcproc';
import { CommandError, type Runner } from '@banger/system';
import type { HostFiles } from './files.ts';
import type { Firewall, Rules } from './firewall/firewall.ts';
import type { Table } from './firewall/model.ts';
import { type DnsPort, findDnsPort } from './sockets.ts';
import { findUplink, type Uplink } from './uplink.ts';

/** The host's network as it is; facts that could not be had are undefined, and `missing` says why. */
export interface HostObservation {
  /** Programs that are not installed. */
  readonly missing: readonly string[];
  readonly links: readonly LinkInfo[];
  readonly routes: readonly RouteInfo[];
  readonly uplink: Uplink | undefined;
  readonly rules: Rules | undefined;
  /** Firewall tables of others. */
  readonly tables: readonly Table[];
  readonly hasTun: boolean;
  readonly forwarding: { readonly on: boolean; readonly readOnly: boolean };
  readonly dnsPort: DnsPort;
}

export const FORWARDING_PATH = '/proc/sys/net/ipv4/ip_forward';

export interface Observer {
  readonly runner: Runner;
  readonly files: HostFiles;
  readonly firewall: Firewall;
  readonly gateway: string;
}

/** Looks at everything that `check` and `ensure` decide on. Changes nothing. */
export async function observeHost(observer: Observer, signal: AbortSignal): Promise<HostObservation> {
  const { runner, files, firewall, gateway } = observer;
  const missing: string[] = [];
  const [network, rules, uplink, hasTun, forwarding, readOnly, dnsPort] = await Promise.all([
    unlessMissing('ip', missing, listNetwork(runner, { signal })),
    unlessMissing('nft', missing, firewall.list(signal)),
    findUplink(files),
    files.exists('/dev/net/tun'),
    files.read(FORWARDING_PATH),
    files.isReadOnly(FORWARDING_PATH),
    findDnsPort(files, gateway),
  ]);
  return {
    missing: missing.sort(),
    links: network?.links ?? [],
    routes: network?.routes ?? [],
    uplink,
    rules,
    tables: rules === undefined ? [] : await firewall.foreignTables(rules, signal),
    hasTun,
    forwarding: { on: forwarding === '1', readOnly },
    dnsPort,
  };
}

async function unlessMissing<T>(program: string, missing: string[], work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof CommandError) || !error.notFound) throw error;
    missing.push(program);
    return undefined;
  }
}
