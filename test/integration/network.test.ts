import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createRunner, poll } from '@banger/system';
import { withCensus } from '@banger/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { NetworkRig, UPLINK } from './network/rig.ts';

const GATEWAY = '10.231.0.1';
const config = { bridge: 'br-t', cidr: '10.231.0.0/24' };
const newId = (): string => randomBytes(4).toString('hex');
const runner = createRunner({ env: process.env });

let rig: NetworkRig;
let id: string;
beforeEach(async () => {
  id = newId();
  rig = await NetworkRig.create();
});
afterEach(() => rig[Symbol.asyncDispose]());

const tapOf = (vmId: string) => ({ name: `bt${id.slice(0, 4)}${vmId.slice(0, 9)}`, vmId });
const findLink = async (name: string) => (await rig.links()).find((link) => link.name === name);

describe('a guest behind the host network', () => {
  it('resolves names over UDP and TCP, and reaches the outside under the host address', async () => {
    await rig.startInternet();
    const host = await rig.startHost(id, config);
    expect(await host.call('facts')).toEqual({ gateway: GATEWAY, prefixLength: 24, mtu: UPLINK.mtu });
    expect(await host.call('check')).toEqual([]);
    await host.call('ensure');
    const guest = await rig.startGuest('br-t', '10.231.0.2/24', GATEWAY);
    expect(await guest.call('resolve', { name: 'name.example', gateway: GATEWAY })).toEqual(['203.0.113.7']);
    expect(await guest.call('resolve', { name: 'big.example', gateway: GATEWAY })).toEqual(['203.0.113.7']);
    expect(await guest.call('connect', { host: UPLINK.server, port: 8080 })).toBe(UPLINK.host);
  });

  it('reaches nothing else of the host, and nobody outside reaches the guest', async () => {
    const internet = await rig.startInternet();
    const host = await rig.startHost(id, config);
    await host.call('ensure');
    const guest = await rig.startGuest('br-t', '10.231.0.2/24', GATEWAY);
    const service = await rig.start(rig.host, './guest.ts'); // listens on 9000 of all addresses
    expect(await service.call('connect', { host: '10.231.0.2', port: 9000 })).toBe('guest');
    await expect(guest.call('connect', { host: GATEWAY, port: 9000 })).resolves.toMatch(/EHOSTUNREACH|ECONNREFUSED/);
    await expect(guest.call('connect', { host: UPLINK.host, port: 9000 })).resolves.toMatch(
      /EHOSTUNREACH|ECONNREFUSED/,
    );
    await runner.run(['ip', '-n', rig.internet, 'route', 'add', '10.231.0.0/24', 'via', UPLINK.host]);
    await expect(internet.call('connect', { host: '10.231.0.2', port: 9000 })).resolves.toMatch(
      /EHOSTUNREACH|ECONNREFUSED/,
    );
    // No traffic under addresses that are not the guests'.
    await runner.run(['ip', '-n', rig.guestNamespace, 'addr', 'add', '192.0.2.77/32', 'dev', 'lo']);
    await runner.run([
      'ip',
      '-n',
      rig.guestNamespace,
      'route',
      'change',
      'default',
      'via',
      GATEWAY,
      'src',
      '192.0.2.77',
    ]);
    expect(await guest.call('connect', { host: UPLINK.server, port: 8080 })).toBe('silent');
  });

  it('hears of a new resolv.conf, and gets an error when no resolver answers', async () => {
    await rig.startInternet();
    await rig.setResolver('198.51.100.99');
    const host = await rig.startHost(id, config);
    await host.call('ensure');
    const guest = await rig.startGuest('br-t', '10.231.0.2/24', GATEWAY);
    const resolve = () => guest.call('resolve', { name: 'name.example', gateway: GATEWAY });
    expect(await resolve()).toBe('ESERVFAIL');
    await rig.setResolver(UPLINK.dns);
    const answer = await poll(
      async () => {
        const found = await resolve();
        return Array.isArray(found) ? found : undefined;
      },
      { deadlineMs: 10_000 },
    );
    expect(answer).toEqual(['203.0.113.7']);
  });

  it('lives through a restart and a kill of the daemon', async () => {
    await rig.startInternet();
    const first = await rig.startHost(id, config);
    await first.call('ensure');
    await first.call('createTap', tapOf('00112233445566aa'));
    const guest = await rig.startGuest('br-t', '10.231.0.2/24', GATEWAY);
    await first.kill();
    expect(await guest.call('connect', { host: UPLINK.server, port: 8080 })).toBe(UPLINK.host);
    const second = await rig.startHost(id, config);
    expect(await second.call('check')).toEqual([]);
    await second.call('ensure');
    expect(await second.call('findTap', tapOf('00112233445566aa'))).toBe(true);
    expect(await guest.call('resolve', { name: 'name.example', gateway: GATEWAY })).toEqual(['203.0.113.7']);
  });
});

describe('ensure', () => {
  it('needs one process when all is there, and createTap one', async () => {
    const host = await rig.startHost(id, config);
    await host.call('ensure');
    const before = await rig.snapshot();
    const { commands } = await host.call<{ commands: string[] }>('ensure');
    expect(commands).toEqual(['nft']);
    expect(await rig.snapshot()).toEqual(before);
    expect(await host.call('createTap', tapOf('00112233445566aa'))).toMatchObject({ commands: ['ip'] });
  });

  it('makes a bridge with carrier, without IPv6 and with the MTU of the uplink', async () => {
    const host = await rig.startHost(id, config);
    await host.call('ensure');
    expect(await findLink('br-t')).toMatchObject({
      kind: 'bridge',
      alias: `banger:${id}:bridge`,
      up: true,
      carrier: true,
      mtu: UPLINK.mtu,
      addresses: [{ family: 'inet', address: GATEWAY, prefixLength: 24 }],
    });
    expect(await rig.run('cat', '/proc/sys/net/ipv4/ip_forward', '/proc/sys/net/ipv6/conf/br-t/disable_ipv6')).toBe(
      '1\n1\n',
    );
    const withIpv6 = (await rig.links()).filter(({ addresses }) => addresses.some(({ family }) => family === 'inet6'));
    expect(withIpv6.map(({ name }) => name).filter((name) => name !== 'lo' && name !== 'up0')).toEqual([]);
  });

  const DAMAGES: readonly [string, (here: NetworkRig) => Promise<unknown>][] = [
    ['all rules were flushed', (here) => here.run('nft', 'flush', 'ruleset')],
    ['our masquerade was flushed', (here) => here.run('nft', 'flush', 'chain', 'inet', `banger_${id}`, 'postrouting')],
    ['a rule was added to our table', (here) => here.nft(`insert rule inet banger_${id} forward drop\n`)],
    ['the bridge was deleted', (here) => here.run('ip', 'link', 'del', 'br-t')],
    ['the bridge was set down', (here) => here.run('ip', 'link', 'set', 'br-t', 'down')],
    ['the address was removed', (here) => here.run('ip', 'addr', 'flush', 'dev', 'br-t')],
    ['the veth member was deleted', (here) => here.run('ip', 'link', 'del', `bv${id}a`)],
    ['the veth member was taken off', (here) => here.run('ip', 'link', 'set', `bv${id}a`, 'nomaster')],
    ['forwarding was switched off', (here) => here.run('sysctl', '-qw', 'net.ipv4.ip_forward=0')],
    ['IPv6 was switched on', (here) => here.run('sysctl', '-qw', 'net.ipv6.conf.br-t.disable_ipv6=0')],
  ];

  it('repairs everything, whatever was damaged', async () => {
    await rig.startInternet();
    const host = await rig.startHost(id, config);
    await host.call('ensure');
    await host.call('createTap', tapOf('00112233445566aa'));
    const guest = await rig.startGuest('br-t', '10.231.0.2/24', GATEWAY);
    const state = async () => ({
      links: (await rig.links())
        .map(({ name, alias, up, master, mtu, addresses }) => {
          return { name, alias, up, master, mtu, addresses: addresses.filter(({ family }) => family === 'inet') };
        })
        .toSorted((a, b) => a.name.localeCompare(b.name)),
      rules: await rig.run('nft', 'list', 'ruleset'),
      settings: await rig.run('cat', '/proc/sys/net/ipv4/ip_forward', '/proc/sys/net/ipv6/conf/br-t/disable_ipv6'),
    });
    const intact = await state();
    for (const [what, damage] of DAMAGES) {
      await damage(rig);
      expect(await state().catch(() => undefined), what).not.toEqual(intact);
      await host.call('ensure');
      await rig.run('ip', 'link', 'set', 'gtap', 'master', 'br-t'); // the stand-in is no TAP of ours
      expect(await state(), what).toEqual(intact);
      expect(await guest.call('resolve', { name: 'name.example', gateway: GATEWAY }), what).toEqual(['203.0.113.7']);
      expect(await guest.call('connect', { host: UPLINK.server, port: 8080 }), what).toBe(UPLINK.host);
    }
  });

  it('is finished by the next daemon, wherever it was killed', async () => {
    let host = await rig.startHost(id, config);
    for (const afterMs of [0, 15, 40, 80]) {
      const call = host.call('ensure');
      await Promise.race([call, new Promise((resolve) => setTimeout(resolve, afterMs))]);
      await host.kill();
      await call.catch(() => {});
      const next = await rig.startHost(id, config);
      // The killed daemon's last command may still be running.
      const isFine = async () => ((await next.call<unknown[]>('check')).length === 0 ? true : undefined);
      await poll(isFine, { deadlineMs: 5000 });
      await next.call('ensure');
      expect(await findLink('br-t')).toMatchObject({ up: true, carrier: true });
      await next.call('remove');
      expect((await rig.links()).filter(({ alias }) => alias?.includes(id))).toEqual([]);
      host = next;
    }
  });
});

describe('TAPs', () => {
  it('are on the bridge and up, made and removed as often as one likes', async () => {
    const host = await rig.startHost(id, { ...config, mtu: 1450 });
    await host.call('ensure');
    const tap = tapOf('00112233445566aa');
    for (let round = 0; round < 2; round += 1) await host.call('createTap', tap);
    expect(await findLink(tap.name)).toMatchObject({
      kind: 'tun',
      alias: `banger:${id}:tap:${tap.vmId}`,
      master: 'br-t',
      up: true,
      mtu: 1450,
      addresses: [],
    });
    expect(await host.call('findTap', tap)).toBe(true);
    for (let round = 0; round < 2; round += 1) await host.call('deleteTap', tap);
    expect(await host.call('findTap', tap)).toBe(false);
    expect(await findLink(tap.name)).toBeUndefined();
  });

  it('can be made by the dozen at once', async () => {
    const host = await rig.startHost(id, config);
    const taps = Array.from({ length: 12 }, (_, index) =>
      tapOf(`${index}`.padStart(16, '0').split('').reverse().join('')),
    );
    await Promise.all(
      taps.map(async (tap) => {
        await host.call('ensure');
        await host.call('createTap', tap);
      }),
    );
    const ours = (await rig.links()).filter(({ master, kind }) => master === 'br-t' && kind === 'tun');
    expect(ours.map(({ name }) => name).sort()).toEqual(taps.map(({ name }) => name).sort());
  });

  it('of others are not taken and not removed', async () => {
    const host = await rig.startHost(id, config);
    await host.call('ensure');
    const tap = tapOf('00112233445566aa');
    await rig.run('ip', 'tuntap', 'add', 'dev', tap.name, 'mode', 'tap');
    await rig.run('ip', 'link', 'set', tap.name, 'alias', 'banger:ffffffff:tap:00112233445566aa');
    await expect(host.call('createTap', tap)).rejects.toMatchObject({ code: 'network_conflict' });
    expect(await host.call('findTap', tap)).toBe(false);
    await host.call('deleteTap', tap);
    expect(await findLink(tap.name)).toBeDefined();
  });
});

describe('conflicts', () => {
  const DROP = 'table inet site {\n chain forward {\n type filter hook forward priority 0; policy drop;\n }\n}\n';

  it.each<[string, (here: NetworkRig) => Promise<unknown>, RegExp, RegExp]>([
    [
      'a firewall that drops forwarding',
      (here) => here.nft(DROP),
      /drops the guests' connections.*table "inet site"/,
      /nft insert rule inet site forward iifname br-t accept/,
    ],
    [
      'a foreign bridge of the name',
      (here) => here.run('ip', 'link', 'add', 'br-t', 'type', 'bridge'),
      /br-t exists and belongs to something else/,
      /network\.bridge/,
    ],
    [
      'a range in use',
      (here) => here.run('ip', 'addr', 'add', '10.231.0.200/25', 'dev', 'up0'),
      /10\.231\.0\.0\/24 is in use: interface up0 has 10\.231\.0\.128\/25/,
      /172\.31\.0\.0\/16 is free/,
    ],
    [
      'a range that is routed elsewhere',
      (here) => here.run('ip', 'route', 'add', '10.0.0.0/8', 'via', UPLINK.dns),
      /a route over up0 has 10\.0\.0\.0\/8/,
      /network\.cidr/,
    ],
  ])('%s is found by check and by ensure, and nothing is changed', async (_name, prepare, message, remediation) => {
    const host = await rig.startHost(id, config);
    await prepare(rig);
    const before = await rig.snapshot();
    expect(await host.call('check')).toEqual([
      {
        code: 'network_conflict',
        message: expect.stringMatching(message),
        remediation: expect.stringMatching(remediation),
      },
    ]);
    await expect(host.call('ensure')).rejects.toMatchObject({
      code: 'network_conflict',
      message: expect.stringMatching(message),
    });
    expect(await rig.snapshot()).toEqual(before);
    await host.call('remove');
    expect(await rig.snapshot()).toEqual(before);
  });

  it('the remedy for a firewall works', async () => {
    await rig.startInternet();
    const host = await rig.startHost(id, config);
    await rig.nft(DROP);
    const [finding] = await host.call<{ remediation: string }[]>('check');
    const commands = finding!.remediation.replace(/^Run: (.*) \(and add.*$/, '$1').split(' && ');
    for (const command of commands) await rig.run(...(command.split(' ') as [string, ...string[]]));
    await host.call('ensure');
    const guest = await rig.startGuest('br-t', '10.231.0.2/24', GATEWAY);
    expect(await guest.call('connect', { host: UPLINK.server, port: 8080 })).toBe(UPLINK.host);
    // And a firewall that comes later is found before the next VM.
    await rig.nft(`flush chain inet site forward\n`);
    await expect(host.call('ensure')).rejects.toMatchObject({ code: 'network_conflict' });
  });

  it('a DNS server on all addresses', async () => {
    const host = await rig.startHost(id, config);
    await rig.start(rig.host, './internet.ts', '0.0.0.0', '127.0.0.1');
    const message = expect.stringContaining('port 53 of all addresses');
    expect(await host.call('check')).toEqual([expect.objectContaining({ code: 'network_conflict', message })]);
    await expect(host.call('ensure')).rejects.toMatchObject({ code: 'network_conflict', message });
  });

  it('the resolver of the running daemon is none for a doctor beside it', async () => {
    const host = await rig.startHost(id, config);
    await host.call('ensure');
    const doctor = await rig.startHost(id, config);
    expect(await doctor.call('check')).toEqual([]);
  });
});

describe('side by side', () => {
  it('two instances and foreign things do not notice each other', async () => {
    await rig.startInternet();
    await rig.nft(
      'table ip site {\n chain prerouting {\n type filter hook prerouting priority 0; policy accept;\n counter\n }\n}\n',
    );
    await rig.run('ip', 'link', 'add', 'br-foreign', 'type', 'bridge');
    await rig.run('ip', 'link', 'set', 'br-foreign', 'alias', 'banger');
    const before = await rig.snapshot();
    const one = await rig.startHost(id, config);
    const otherId = newId();
    const other = await rig.startHost(otherId, { bridge: 'br-u', cidr: '10.232.0.0/24' });
    await other.call('ensure');
    await other.call('createTap', { name: 'btother', vmId: 'ff' });
    const withOther = await rig.links();
    await one.call('ensure');
    await one.call('createTap', tapOf('00112233445566aa'));
    const guest = await rig.startGuest('br-u', '10.232.0.2/24', '10.232.0.1');
    await one.call('remove');
    const names = withOther.map(({ name }) => name);
    expect((await rig.links()).filter(({ name }) => names.includes(name)).map(({ name }) => name)).toEqual(names);
    expect(await guest.call('resolve', { name: 'name.example', gateway: '10.232.0.1' })).toEqual(['203.0.113.7']);
    expect(await guest.call('connect', { host: UPLINK.server, port: 8080 })).toBe(UPLINK.host);
    await rig.run('ip', 'link', 'del', 'gtap');
    await other.call('remove');
    await other.call('remove');
    const counters = /packets \d+ bytes \d+/g;
    const plain = (snapshot: unknown) => JSON.parse(JSON.stringify(snapshot).replaceAll(counters, '')) as unknown;
    expect(plain(await rig.snapshot())).toEqual(plain(before));
  });
});

describe('Docker', () => {
  const DOCKER = [
    '*filter',
    ':INPUT ACCEPT [0:0]',
    ':FORWARD DROP [0:0]',
    ':DOCKER-USER - [0:0]',
    '-A FORWARD -j DOCKER-USER',
    '-A DOCKER-USER -i other0 -j ACCEPT',
    'COMMIT',
    '',
  ].join('\n');

  it.for(['iptables-nft', 'iptables-legacy'])(
    'guests pass its FORWARD policy with %s, and its rules are as before afterwards',
    async (backend, { skip }) => {
      const isThere = await runner.run([`${backend}-save`, '--version']).then(
        () => true,
        () => false,
      );
      if (!isThere) skip(`${backend} is not installed`);
      await rig.startInternet();
      await rig.hostRunner.run([`${backend}-restore`], { input: DOCKER });
      const rulesNow = async () => (await rig.run(`${backend}-save`)).replaceAll(/^#.*$|\[\d+:\d+\]/gm, '');
      const before = await rulesNow();
      const host = await rig.startHost(id, config);
      expect(await host.call('check')).toEqual([]);
      await host.call('ensure');
      const guest = await rig.startGuest('br-t', '10.231.0.2/24', GATEWAY);
      expect(await guest.call('connect', { host: UPLINK.server, port: 8080 })).toBe(UPLINK.host);
      expect(await rulesNow()).toContain(`-A DOCKER-USER -i br-t -m comment --comment "banger:${id}" -j ACCEPT`);
      // Docker was started again, and made its chain anew.
      await rig.run(backend, '-F', 'DOCKER-USER');
      await host.call('ensure');
      expect(await guest.call('connect', { host: UPLINK.server, port: 8080 })).toBe(UPLINK.host);
      expect((await host.call<{ commands: string[] }>('ensure')).commands).toContain('nft');
      await rig.run(backend, '-A', 'DOCKER-USER', '-i', 'other0', '-j', 'ACCEPT');
      await host.call('remove');
      expect(await rulesNow()).toBe(before);
    },
  );
});

describe('@banger/fcproc', () => {
  it('does what the example in its README shows', async () => {
    const readme = await readFile(new URL('../../packages/fcproc/README.md', import.meta.url), 'utf8');
    const example = /```ts\n(.*?)```/s.exec(readme)?.[1] ?? '';
    const seen: string[] = [];
    const look = `console.log(JSON.stringify((await listLinks(runner)).map(({ name }) => name)));`;
    const code = example
      .replace('createTap,', 'createTap, listLinks,')
      .replaceAll(/^await .*$/gm, (line) => `${line}\n${look}`);
    const { stdout } = await rig.hostRunner.run(
      [process.execPath, '--conditions=source', '--input-type=module-typescript', '--eval', code],
      { onStdoutLine: (line) => seen.push(line) },
    );
    const tap = 'bt1a2b012345678';
    const steps = seen.map((line) =>
      (JSON.parse(line) as string[]).filter((name) => /^(br-demo|demo-|bt)/.test(name)).sort(),
    );
    const bridge = ['br-demo', 'demo-in', 'demo-out'];
    expect(steps, stdout).toEqual([bridge, [...bridge, tap].sort(), bridge, []]);
  });
});

describe('the rig', () => {
  it('leaves the real host as it was', async () => {
    const prefix = `bnt${randomBytes(3).toString('hex')}`;
    const only = (_category: string, entry: string) => entry.includes(prefix) || entry.includes(id);
    await withCensus({ runner, categories: ['links', 'nftables', 'namespaces'], only }, async () => {
      await using own = await NetworkRig.create(prefix);
      const host = await own.startHost(id, config);
      await host.call('ensure');
      await expect(runner.run(['ip', 'netns', 'list'])).resolves.toMatchObject({
        stdout: expect.stringContaining(prefix),
      });
    });
  });
});
