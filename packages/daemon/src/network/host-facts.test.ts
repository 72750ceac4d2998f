import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HostFiles } from './files.ts';
import { chooseMtu, planNetwork } from './options.ts';
import { findDnsPort, hexOfAddress } from './sockets.ts';
import { findUplink } from './uplink.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'host-facts-'));
});
afterEach(() => rm(root, { recursive: true }));

async function put(path: string, content: string): Promise<void> {
  await mkdir(dirname(join(root, path)), { recursive: true });
  await writeFile(join(root, path), content);
}
const files = (): HostFiles => new HostFiles(root);

const HEADER = 'Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT \n';
const routeLine = (device: string, destination: string, flags: string, metric: number, mask: string): string =>
  `${device}\t${destination}\t010200C0\t${flags}\t0\t0\t${metric}\t${mask}\t0\t0\t0 \n`;

describe('findUplink', () => {
  it('takes the usable default route with the best metric', async () => {
    await put(
      '/proc/net/route',
      [
        HEADER,
        routeLine('wlan0', '00000000', '0003', 600, '00000000'),
        routeLine('eth0', '00000000', '0003', 100, '00000000'),
        routeLine('down0', '00000000', '0002', 1, '00000000'),
        routeLine('*', '00000000', '0201', 1, '00000000'),
        routeLine('tun0', '00000000', '0003', 1, '00000080'),
      ].join(''),
    );
    await put('/sys/class/net/eth0/mtu', '1400\n');
    expect(await findUplink(files())).toEqual({ device: 'eth0', mtu: 1400 });
  });

  it.each([
    ['no file', undefined],
    ['no route', HEADER],
    ['a broken line', `${HEADER}eth0\t0000`],
  ])('knows none with %s', async (_name, text) => {
    if (text !== undefined) await put('/proc/net/route', text);
    expect(await findUplink(files())).toBeUndefined();
  });
});

describe('findDnsPort', () => {
  const line = (local: string, state: string): string =>
    `  sl  local_address rem_address   st\n   0: ${local} 00000000:0000 ${state} 00000000:00000000 00:00000000 00000000     0        0 552\n`;

  it.each([
    ['/proc/net/udp', '00000000:0035', '07', 'allAddresses'],
    ['/proc/net/tcp', '00000000:0035', '0A', 'allAddresses'],
    ['/proc/net/tcp', '0100E70A:0035', '0A', 'gateway'],
    ['/proc/net/tcp', '0100E70A:0035', '01', 'free'],
    ['/proc/net/udp', '3500007F:0035', '07', 'free'],
    ['/proc/net/udp', '00000000:14E9', '07', 'free'],
  ])('%s %s in state %s: %s', async (path, local, state, expected) => {
    await put(path, line(local, state));
    expect(await findDnsPort(files(), '10.231.0.1')).toBe(expected);
  });

  it('writes addresses as the kernel does', () => {
    expect(hexOfAddress('10.231.0.1')).toBe('0100E70A');
  });
});

describe('HostFiles', () => {
  it('tells missing from unreadable', async () => {
    await put('/a', 'text\n');
    expect(await files().read('/a')).toBe('text');
    expect(await files().read('/b')).toBeUndefined();
    expect(await files().read('/a/b')).toBeUndefined();
    await expect(files().read('/')).rejects.toThrow('EISDIR');
    expect([await files().exists('/a'), await files().exists('/b'), await files().isReadOnly('/a')]).toEqual([
      true,
      false,
      false,
    ]);
  });
});

describe('planNetwork', () => {
  const config = { bridge: 'br-banger', cidr: '172.30.0.0/16' };

  it('takes the first host as gateway', () => {
    expect(planNetwork({ ...config, resolvers: ['192.0.2.1', '[2001:db8::1]:5353'] })).toMatchObject({
      gateway: { network: 0xac1e0001, prefixLength: 32 },
      upstreams: [
        { address: '192.0.2.1', port: 53 },
        { address: '2001:db8::1', port: 5353 },
      ],
    });
  });

  it.each([
    ['network.bridge', { bridge: 'a name that is too long' }],
    ['network.bridge', { bridge: 'a/b' }],
    ['network.cidr', { cidr: '172.30.0.1/16' }],
    ['network.cidr', { cidr: '172.30.0.0' }],
    ['network.cidr', { cidr: '172.30.0.0/31' }],
    ['network.cidr', { cidr: '0.0.0.0/0' }],
    ['network.cidr', { cidr: '127.0.0.0/16' }],
    ['network.cidr', { cidr: '239.0.0.0/16' }],
    ['network.mtu', { mtu: 100 }],
    ['network.resolvers', { resolvers: ['dns.example'] }],
  ])('names %s for %j', (key, wrong) => {
    expect(() => planNetwork({ ...config, ...wrong })).toThrow(
      expect.objectContaining({ code: 'config_invalid', details: { key }, message: expect.stringContaining(key) }),
    );
  });

  it('chooses the MTU', () => {
    expect([chooseMtu(1400, 9000), chooseMtu(undefined, 9000), chooseMtu(undefined, undefined)]).toEqual([
      1400, 9000, 1500,
    ]);
    expect([chooseMtu(undefined, 576), chooseMtu(undefined, 65_536)]).toEqual([1280, 65_521]);
  });
});
