import { describe, expect, it } from 'vitest';
import { type BridgeSpec, planBridge } from './bridge.ts';
import { LinkConflictError } from './errors.ts';
import type { LinkInfo } from './links.ts';

const spec: BridgeSpec = {
  name: 'br-demo',
  alias: 'demo:bridge',
  mac: '02:00:00:00:00:01',
  mtu: 1400,
  address: '10.231.0.1/24',
  carrier: { member: 'demo-in', peer: 'demo-out' },
  noIpv6: true,
};

const link = (fields: Partial<LinkInfo> & Pick<LinkInfo, 'name'>): LinkInfo => ({
  index: 7,
  kind: 'veth',
  alias: 'demo:bridge',
  mac: '02:00:00:00:00:01',
  mtu: 1400,
  up: true,
  carrier: true,
  master: undefined,
  peer: undefined,
  addresses: [],
  ...fields,
});
const bridge = link({
  name: 'br-demo',
  kind: 'bridge',
  addresses: [{ family: 'inet', address: '10.231.0.1', prefixLength: 24 }],
});
const member = link({ name: 'demo-in', master: 'br-demo', peer: 'demo-out' });
const peer = link({ name: 'demo-out', peer: 'demo-in' });

describe('planBridge', () => {
  it('has nothing to do when all is well', () => {
    expect(planBridge([bridge, member, peer], spec)).toEqual([]);
  });

  it('makes everything on an empty host, alias right after creation', () => {
    expect(planBridge([], spec)).toEqual([
      'link add name br-demo mtu 1400 address 02:00:00:00:00:01 type bridge stp_state 0 forward_delay 0 mcast_snooping 0',
      'link set dev br-demo alias demo:bridge',
      'link set dev br-demo addrgenmode none up',
      'addr replace 10.231.0.1/24 brd + dev br-demo',
      'link add name demo-in mtu 1400 type veth peer name demo-out mtu 1400',
      'link set dev demo-in alias demo:bridge',
      'link set dev demo-out alias demo:bridge',
      'link set dev demo-out arp off addrgenmode none up',
      'link set dev demo-in master br-demo addrgenmode none up',
      'link set dev demo-in type bridge_slave learning off flood off mcast_flood off bcast_flood off',
    ]);
  });

  it('says nothing about IPv6 where the kernel has none', () => {
    expect(planBridge([], { ...spec, noIpv6: false }).join('\n')).not.toContain('addrgenmode');
  });

  it.each<[string, LinkInfo[], string[]]>([
    [
      'another MTU',
      [{ ...bridge, mtu: 1500 }, member, peer],
      ['link set dev br-demo address 02:00:00:00:00:01 mtu 1400'],
    ],
    ['a bridge that is down', [{ ...bridge, up: false }, member, peer], ['link set dev br-demo addrgenmode none up']],
    [
      'a missing address',
      [{ ...bridge, addresses: [] }, member, peer],
      ['addr replace 10.231.0.1/24 brd + dev br-demo'],
    ],
    [
      'an address of an earlier configuration',
      [
        { ...bridge, addresses: [...bridge.addresses, { family: 'inet', address: '10.9.0.1', prefixLength: 16 }] },
        member,
        peer,
      ],
      ['addr del 10.9.0.1/16 dev br-demo'],
    ],
    [
      'a member that was taken off the bridge',
      [bridge, { ...member, master: undefined }, peer],
      [
        'link set dev demo-out arp off addrgenmode none up',
        'link set dev demo-in master br-demo addrgenmode none up',
        'link set dev demo-in type bridge_slave learning off flood off mcast_flood off bcast_flood off',
      ],
    ],
  ])('mends %s and nothing else', (_name, links, commands) => {
    expect(planBridge(links, spec)).toEqual(commands);
  });

  it('starts the pair again when one end is gone', () => {
    expect(planBridge([bridge, { ...member, peer: undefined }], spec).slice(0, 2)).toEqual([
      'link del dev demo-in',
      'link add name demo-in mtu 1400 type veth peer name demo-out mtu 1400',
    ]);
  });

  it.each<[string, LinkInfo]>([
    ['a bridge without alias', { ...bridge, alias: undefined }],
    ['a bridge of another owner', { ...bridge, alias: 'other:bridge' }],
    ['a device that is no bridge', { ...bridge, kind: 'dummy' }],
    ['a member name that is taken', { ...member, alias: 'other' }],
    ['a peer name that is taken', { ...peer, alias: undefined }],
  ])('refuses %s', (_name, taken) => {
    expect(() => planBridge([taken], spec)).toThrow(LinkConflictError);
  });

  it.each([
    { name: 'a b' },
    { alias: 'x\nlink del dev eth0' },
    { mac: '02:00:00:00:00:01 up' },
    { address: '10.0.0.1/24 dev eth0' },
    { mtu: 1.5 },
    { carrier: { member: '-x', peer: 'y' } },
  ])('refuses what ip would not take as one word: %j', (fields) => {
    expect(() => planBridge([], { ...spec, ...fields })).toThrow(RangeError);
  });
});
