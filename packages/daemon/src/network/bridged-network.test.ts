import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { systemClock } from '@banger/system';
import { type FakeCall, FakeRunner } from '@banger/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createLocks } from '../locks/create-locks.ts';
import { BridgedNetwork } from './bridged-network.ts';
import { HostFiles } from './files.ts';
import { Firewall } from './firewall/firewall.ts';
import { instanceNames } from './names.ts';
import { planNetwork } from './options.ts';
import { Resolver } from './resolver/resolver.ts';
import { Upstreams } from './resolver/upstreams.ts';

const ID = '1a2b3c4d';
const names = instanceNames(ID);
const signal = new AbortController().signal;
const IP_LIST = ['ip', '-json'];
const IP_BATCH = ['ip', '-batch'];
const NFT_LIST = ['nft', '-j'];
const NFT_WRITE = ['nft', '-f'];

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'bridged-network-'));
  await put('/dev/net/tun', '');
  await put('/proc/sys/net/ipv4/ip_forward', '0');
});
afterEach(() => rm(root, { recursive: true }));

async function put(path: string, content: string): Promise<void> {
  await mkdir(dirname(join(root, path)), { recursive: true });
  await writeFile(join(root, path), content);
}

/** What the kernel would show once the bridge is up. */
async function putBridge(): Promise<void> {
  const sys = '/sys/class/net/br0';
  await put(`${sys}/ifalias`, `${names.bridgeAlias}\n`);
  await put(`${sys}/mtu`, '1400\n');
  await put(`${sys}/address`, '02:00:00:00:00:01\n');
  await put(`${sys}/operstate`, 'up\n');
  await put(`${sys}/brif/${names.carrier.member}/state`, '3\n');
  await put('/proc/net/route', 'Iface\nbr0\t0000E70A\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n');
  await put('/proc/sys/net/ipv4/ip_forward', '1');
  await put('/proc/sys/net/ipv4/conf/br0/forwarding', '1');
}

/** Answers each command of an `ip -batch` with its document. */
const listing =
  (links: readonly object[] = []) =>
  ({ options }: FakeCall): string => {
    const full = links.map((fields, index) => ({
      ifindex: index + 1,
      mtu: 1400,
      flags: ['UP'],
      addr_info: [],
      ...fields,
    }));
    const commands = String(options.input).trim().split('\n');
    return commands.map((command) => JSON.stringify(command.startsWith('route') ? [] : full)).join('\n');
  };
const ownTable = { chain: { family: 'inet', table: `banger_${ID}`, name: 'forward' } };
const rules = (...objects: readonly object[]): string => JSON.stringify({ nftables: objects });

/** A runner for a host without foreign things, on which writing works. */
const emptyHost = (): FakeRunner =>
  new FakeRunner().on(IP_LIST, listing()).on(NFT_LIST, rules()).on(IP_BATCH).on(NFT_WRITE).on(['tee']);

function makeNetwork(runner: FakeRunner): BridgedNetwork {
  const files = new HostFiles(root);
  const plan = planNetwork({ bridge: 'br0', cidr: '10.231.0.0/24', resolvers: [] });
  const resolver = new Resolver({
    upstreams: new Upstreams({ files, clock: systemClock, self: '10.231.0.1', fixed: [] }),
    clock: systemClock,
    address: '127.0.0.1',
    port: 0,
    isClient: () => false,
    onFailure: () => {},
  });
  const network = new BridgedNetwork({
    host: { runner, files, firewall: new Firewall(runner, files, ID), gateway: '10.231.0.1' },
    plan,
    names,
    resolver,
    locks: createLocks(),
    log: { info: () => {}, warn: () => {} },
    bridge: {
      name: 'br0',
      alias: names.bridgeAlias,
      mac: '02:00:00:00:00:01',
      mtu: 1400,
      address: '10.231.0.1/24',
      carrier: names.carrier,
      noIpv6: false,
    },
  });
  return network;
}
const lines = (runner: FakeRunner): readonly string[] => runner.calls.map(({ argv }) => argv.slice(0, 2).join(' '));
const changes = (runner: FakeRunner): readonly string[] =>
  lines(runner).filter((line) => /-batch|-f|tee|restore/.test(line) && !line.includes('-json'));

describe('ensure', () => {
  it('sets up links, settings and rules in few processes, all of them privileged', async () => {
    const runner = emptyHost();
    const network = makeNetwork(runner);
    await network.ensure(signal);
    expect(lines(runner).toSorted()).toEqual([
      'ip -batch',
      'ip -json',
      'nft -f',
      'nft -j',
      'nft -j',
      'tee /proc/sys/net/ipv4/ip_forward',
    ]);
    expect(
      runner.calls
        .filter(({ argv }) => argv[0] !== 'ip' || argv[1] === '-batch')
        .every(({ options }) => options.privileged),
    ).toBe(true);
    const script = runner.calls.find(({ argv }) => argv[1] === '-f')?.options.input;
    expect(script).toContain('ip saddr 10.231.0.0/24 oifname != "br0" masquerade');
    await network.close();
  });

  it('needs one process when all is as it left it', async () => {
    const runner = emptyHost();
    const network = makeNetwork(runner);
    await network.ensure(signal);
    await putBridge();
    runner.calls.length = 0;
    await network.ensure(signal);
    expect(lines(runner)).toEqual(['nft -j']);
    await network.close();
  });

  it.each<[string, () => Promise<void>]>([
    ['the bridge is gone', () => rm(join(root, '/sys/class/net/br0'), { recursive: true })],
    ['its alias changed', () => put('/sys/class/net/br0/ifalias', 'other')],
    ['its MTU changed', () => put('/sys/class/net/br0/mtu', '1500')],
    ['its MAC changed', () => put('/sys/class/net/br0/address', '02:00:00:00:00:02')],
    ['it has no carrier', () => put('/sys/class/net/br0/operstate', 'down')],
    ['its member is gone', () => rm(join(root, '/sys/class/net/br0/brif'), { recursive: true })],
    ['its address is gone', () => put('/proc/net/route', 'Iface\n')],
    ['forwarding was switched off', () => put('/proc/sys/net/ipv4/ip_forward', '0')],
  ])('acts when %s', async (_name, change) => {
    const runner = emptyHost();
    const network = makeNetwork(runner);
    await network.ensure(signal);
    await putBridge();
    await change();
    runner.calls.length = 0;
    await network.ensure(signal);
    expect(changes(runner)).toContain('nft -f');
    await network.close();
  });

  it('acts when anybody changed rules', async () => {
    const runner = emptyHost();
    const network = makeNetwork(runner);
    await network.ensure(signal);
    await putBridge();
    runner.once(NFT_LIST, rules(ownTable));
    await network.ensure(signal);
    expect(changes(runner).filter((line) => line === 'nft -f')).toHaveLength(2);
    await network.close();
  });

  it('puts devices of living VMs back on a new bridge, and removes the bridge of an earlier name', async () => {
    const tap = { ifname: 'bt1', ifalias: names.tapAlias('7'), linkinfo: { info_kind: 'tun' } };
    const others = { ifname: 'bt2', ifalias: 'banger:ffffffff:tap:7', linkinfo: { info_kind: 'tun' } };
    const old = { ifname: 'br-old', ifalias: names.bridgeAlias, linkinfo: { info_kind: 'bridge' } };
    const runner = new FakeRunner()
      .on(IP_LIST, listing([tap, others, old]))
      .on(NFT_LIST, rules())
      .on(IP_BATCH)
      .on(NFT_WRITE)
      .on(['tee']);
    const network = makeNetwork(runner);
    await network.ensure(signal);
    const batches = runner.calls.filter(({ argv }) => argv[1] === '-batch').map(({ options }) => String(options.input));
    expect(batches[0]).toBe('link del dev br-old\n');
    expect(batches[1]).toContain('link add name br0 ');
    expect(batches[2]).toBe(`link set dev bt1 alias ${names.tapAlias('7')} mtu 1400 master br0 up\n`);
    expect(batches).toHaveLength(3);
    await network.close();
  });

  it('throws the first finding with all of them as details, and changes nothing', async () => {
    const taken = {
      ifname: 'br0',
      linkinfo: { info_kind: 'bridge' },
      addr_info: [{ family: 'inet', local: '10.231.0.9', prefixlen: 16 }],
    };
    const runner = emptyHost().once(IP_LIST, listing([taken]));
    const network = makeNetwork(runner);
    const findings = await makeNetwork(emptyHost().once(IP_LIST, listing([taken]))).check(signal);
    expect(findings.map(({ code }) => code)).toEqual(['network_conflict', 'network_conflict']);
    await expect(network.ensure(signal)).rejects.toMatchObject({
      name: 'BangerError',
      code: 'network_conflict',
      message: findings[0]?.message,
      details: { findings },
    });
    expect(changes(runner)).toEqual([]);
  });

  it.each([
    ['ip', IP_LIST],
    ['nft', NFT_LIST],
  ])('says that %s is missing, in check and in ensure', async (program, command) => {
    const make = async () => {
      const { CommandError } = await import('@banger/system');
      const error = new CommandError({ argv: [program], summary: 'is not installed', notFound: true });
      return makeNetwork(new FakeRunner().once(command, error).on(IP_LIST, listing()).on(NFT_LIST, rules()));
    };
    expect(await (await make()).check(signal)).toEqual([
      {
        code: 'prerequisite_missing',
        message: `The program ${program} is not installed.`,
        remediation: expect.stringContaining('apt install'),
      },
    ]);
    await expect((await make()).ensure(signal)).rejects.toMatchObject({ code: 'prerequisite_missing' });
  });

  it('explains a kernel that refuses our table', async () => {
    const runner = new FakeRunner()
      .once(NFT_WRITE, {
        exitCode: 1,
        stderr: 'Error: Could not process rule: No such file or directory\nadd rule\n^^^',
      })
      .on(IP_LIST, listing())
      .on(NFT_LIST, rules())
      .on(IP_BATCH)
      .on(['tee']);
    await expect(makeNetwork(runner).ensure(signal)).rejects.toMatchObject({
      code: 'prerequisite_missing',
      message: expect.stringMatching(/nft: Error: Could not process rule: No such file or directory$/),
      remediation: expect.stringContaining('nft_masq'),
    });
  });

  it('ends with the reason of an aborted signal', async () => {
    const runner = emptyHost();
    await expect(makeNetwork(runner).ensure(AbortSignal.abort(new Error('enough')))).rejects.toThrow('enough');
    expect(runner.calls).toEqual([]);
  });
});

describe('the rules of Docker', () => {
  const saved = (tagged: readonly string[]): string =>
    [
      '*filter',
      ':FORWARD DROP [0:0]',
      ':DOCKER-USER - [0:0]',
      '-A FORWARD -j DOCKER-USER',
      ...tagged,
      'COMMIT',
      '',
    ].join('\n');
  const docker = rules({
    chain: { family: 'ip', table: 'filter', name: 'FORWARD', type: 'filter', hook: 'forward', policy: 'drop' },
  });

  it('let guests pass, and are taken away again', async () => {
    const runner = new FakeRunner()
      .on(IP_LIST, listing())
      .on(NFT_LIST, docker)
      .on(IP_BATCH)
      .on(NFT_WRITE)
      .on(['tee'])
      .once(['iptables-nft-save'], saved([]))
      .on(['iptables-nft-save'], saved([`-A DOCKER-USER -i br0 -m comment --comment "banger:${ID}" -j ACCEPT`]))
      .on(['iptables-nft-restore']);
    const network = makeNetwork(runner);
    await network.ensure(signal);
    await network.remove(signal);
    const scripts = runner.calls
      .filter(({ argv }) => argv[0] === 'iptables-nft-restore')
      .map(({ options }) => String(options.input));
    expect(scripts).toHaveLength(2);
    expect(scripts[0]).toContain(`-I DOCKER-USER -o br0 -m comment --comment "banger:${ID}" -j ACCEPT`);
    expect(scripts[1]).toBe(`*filter\n-D DOCKER-USER -i br0 -m comment --comment "banger:${ID}" -j ACCEPT\nCOMMIT\n`);
  });

  it('are a finding where we cannot add to them', async () => {
    const runner = new FakeRunner()
      .on(IP_LIST, listing())
      .on(NFT_LIST, docker)
      .on(['iptables-nft-save'], { exitCode: 1, stderr: 'incompatible' });
    const [finding] = await makeNetwork(runner).check(signal);
    expect(finding?.message).toMatch(/chain FORWARD of table "ip filter"/);
  });
});

describe('remove', () => {
  const own = { ifname: 'br0', ifalias: names.bridgeAlias, linkinfo: { info_kind: 'bridge' } };
  const ownTap = { ifname: 'bt1', ifalias: names.tapAlias('7'), linkinfo: { info_kind: 'tun' } };
  const foreign = { ifname: 'bt2', ifalias: 'banger:ffffffff:tap:7', linkinfo: { info_kind: 'tun' } };

  it('removes what is ours and nothing else', async () => {
    const runner = new FakeRunner()
      .on(IP_LIST, listing([own, ownTap, foreign]))
      .on(NFT_LIST, rules(ownTable))
      .on(IP_BATCH)
      .on(NFT_WRITE);
    await makeNetwork(runner).remove(signal);
    const inputs = runner.calls
      .filter(({ argv }) => argv[1] === '-batch' || argv[1] === '-f')
      .map(({ options }) => options.input);
    expect(inputs).toEqual([
      'link del dev br0\nlink del dev bt1\n',
      `add table inet banger_${ID}\ndelete table inet banger_${ID}\n`,
    ]);
  });

  it('runs nothing that changes the host when there is nothing', async () => {
    const runner = new FakeRunner().on(IP_LIST, listing([foreign])).on(NFT_LIST, rules());
    await makeNetwork(runner).remove(signal);
    expect(changes(runner)).toEqual([]);
  });
});

describe('TAPs', () => {
  const tap = { name: 'bt1', vmId: '7' };

  it('are found by name and full alias', async () => {
    const make = (alias?: string) =>
      makeNetwork(
        new FakeRunner().on(IP_LIST, listing([{ ifname: 'bt1', ...(alias === undefined ? {} : { ifalias: alias }) }])),
      );
    expect(await make(names.tapAlias('7')).findTap(tap)).toBe(true);
    expect(await make(names.tapAlias('8')).findTap(tap)).toBe(false);
    expect(await make().findTap(tap)).toBe(false);
  });

  it('report a name that is taken as a conflict', async () => {
    const runner = new FakeRunner()
      .on(IP_LIST, listing([{ ifname: 'bt1', ifalias: 'other' }]))
      .on(IP_BATCH, { exitCode: 1 });
    await expect(makeNetwork(runner).createTap(tap, signal)).rejects.toMatchObject({
      code: 'network_conflict',
      message: expect.stringContaining('bt1 exists and belongs to other'),
    });
  });
});

describe('the facts that other rooms use', () => {
  it('are gateway, prefix length, MTU and guest addresses', () => {
    const network = makeNetwork(new FakeRunner());
    const addresses = [...network.addresses()];
    expect([network.gateway, network.prefixLength, network.mtu]).toEqual(['10.231.0.1', 24, 1400]);
    expect([addresses[0], addresses.at(-1), addresses.length]).toEqual(['10.231.0.2', '10.231.0.254', 253]);
  });
});
