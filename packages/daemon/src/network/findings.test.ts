import type { LinkInfo } from '@banger/fcproc';
import { describe, expect, it } from 'vitest';
import { findConflicts } from './findings.ts';
import { parseCidr } from './ipv4.ts';
import { instanceNames } from './names.ts';
import type { HostObservation } from './observe.ts';

const names = instanceNames('1a2b3c4d');
const side = {
  bridge: 'br-banger',
  cidr: parseCidr('172.30.0.0/16')!,
  gateway: parseCidr('172.30.0.1')!,
  uplink: undefined,
};
const link = (name: string, fields: Partial<LinkInfo> = {}): LinkInfo => ({
  index: 1,
  name,
  kind: undefined,
  alias: undefined,
  mac: undefined,
  mtu: 1500,
  up: true,
  carrier: true,
  master: undefined,
  peer: undefined,
  addresses: [],
  ...fields,
});
const inet = (address: string, prefixLength: number) => ({
  addresses: [{ family: 'inet' as const, address, prefixLength }],
});
const route = (destination: string, device: string | undefined = 'wg0', type = 'unicast') => ({
  destination,
  device,
  type,
});
const ownBridge = link('br-banger', { kind: 'bridge', alias: names.bridgeAlias, ...inet('172.30.0.1', 16) });

const fine: HostObservation = {
  missing: [],
  links: [link('lo', inet('127.0.0.1', 8)), link('eth0', inet('192.0.2.2', 24))],
  routes: [route('default', 'eth0'), route('192.0.2.0/24', 'eth0')],
  uplink: { device: 'eth0', mtu: 1500 },
  rules: undefined,
  tables: [],
  hasTun: true,
  forwarding: { on: false, readOnly: false },
  dnsPort: 'free',
};
const find = (what: Partial<HostObservation>) => findConflicts({ ...fine, ...what }, side, names);
const withLinks = (...links: readonly LinkInfo[]): Partial<HostObservation> => ({ links: [...fine.links, ...links] });
const withRoutes = (...routes: readonly ReturnType<typeof route>[]): Partial<HostObservation> => ({
  routes: [...fine.routes, ...routes],
});

describe('findConflicts', () => {
  it.each<[string, Partial<HostObservation>]>([
    ['an ordinary host', {}],
    [
      'our own bridge with its address and route',
      { ...withLinks(ownBridge), ...withRoutes(route('172.30.0.0/16', 'br-banger')) },
    ],
    ['our own bridge under an earlier name', withLinks({ ...ownBridge, name: 'br-old' })],
    ['a neighbouring range', withLinks(link('br1', inet('172.31.0.1', 16)))],
    [
      'the pieces of a default route over a VPN',
      withRoutes(route('0.0.0.0/1'), route('128.0.0.0/1'), route('172.0.0.0/7')),
    ],
    ['IPv6 routes', withRoutes(route('ff00::/8'))],
    ['forwarding that is on and read-only', { forwarding: { on: true, readOnly: true } }],
    ['our resolver, seen from another process', { ...withLinks(ownBridge), dnsPort: 'gateway' }],
  ])('finds nothing on %s', (_name, what) => {
    expect(find(what)).toEqual([]);
  });

  it.each<[string, Partial<HostObservation>, string, RegExp, RegExp]>([
    ['a missing program', { missing: ['nft'] }, 'prerequisite_missing', /nft is not installed/, /apt install nftables/],
    ['no TUN driver', { hasTun: false }, 'prerequisite_missing', /\/dev\/net\/tun/, /modprobe tun/],
    [
      'forwarding that cannot be switched on',
      { forwarding: { on: false, readOnly: true } },
      'prerequisite_missing',
      /forwarding is off/,
      /sysctl/,
    ],
    [
      'a bridge of somebody',
      withLinks(link('br-banger', { kind: 'bridge' })),
      'network_conflict',
      /br-banger exists and belongs to something else/,
      /network\.bridge/,
    ],
    [
      'a bridge of another daemon',
      withLinks({ ...ownBridge, addresses: [], alias: 'banger:ffffffff:bridge' }),
      'network_conflict',
      /another banger daemon/,
      /network\.bridge/,
    ],
    [
      'a device that only has our alias',
      withLinks({ ...ownBridge, kind: 'dummy' }),
      'network_conflict',
      /br-banger exists/,
      /ip link del br-banger/,
    ],
    [
      'an address in our range',
      withLinks(link('docker0', inet('172.30.9.1', 24))),
      'network_conflict',
      /172\.30\.0\.0\/16 is in use: interface docker0 has 172\.30\.9\.0\/24/,
      /network\.cidr.*172\.31\.0\.0\/16 is free/,
    ],
    [
      'a route that covers our range',
      withRoutes(route('172.16.0.0/12')),
      'network_conflict',
      /a route over wg0 has 172\.16\.0\.0\/12/,
      /10\.200\.0\.0\/16 is free/,
    ],
    [
      'a blackhole in our range',
      withRoutes({ destination: '172.30.0.0/24', device: undefined, type: 'blackhole' } as never),
      'network_conflict',
      /a blackhole route has/,
      /network\.cidr/,
    ],
    [
      'a DNS server on all addresses',
      { dnsPort: 'allAddresses' },
      'network_conflict',
      /port 53 of all addresses/,
      /bind-interfaces/,
    ],
    [
      'a DNS server on the gateway without our bridge',
      { dnsPort: 'gateway' },
      'network_conflict',
      /port 53 of 172\.30\.0\.1/,
      /ss -lnp/,
    ],
  ])('finds %s', (_name, what, code, message, remediation) => {
    expect(find(what)).toEqual([
      { code, message: expect.stringMatching(message), remediation: expect.stringMatching(remediation) },
    ]);
  });

  it('suggests a range that is really free', () => {
    const taken = ['172.16.0.0/12', '10.0.0.0/8', '192.168.255.0/24'].map((range) => route(range));
    expect(find(withRoutes(...taken))[0]?.remediation).toContain('192.168.254.0/24 is free');
    expect(find(withRoutes(...taken, route('192.168.0.0/16')))[0]?.remediation).toBe(
      'Set a free private range as `network.cidr`.',
    );
  });

  it('reports everything at once, what is missing first', () => {
    const findings = find({ missing: ['ip'], hasTun: false, ...withLinks(link('br-banger', inet('172.30.0.1', 16))) });
    expect(findings.map(({ code }) => code)).toEqual([
      'prerequisite_missing',
      'prerequisite_missing',
      'network_conflict',
      'network_conflict',
    ]);
  });
});
