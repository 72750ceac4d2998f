import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CommandError, createRunner, createSpawner, signalProcess } from '@banger/system';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeRunner } from '../fake-runner.ts';
import { diffCensus, takeCensus } from './census.ts';
import { parseMountinfo } from './kernel-files.ts';
import { CensusError, withCensus } from './with-census.ts';

const linksBefore = [
  { ifname: 'lo', linkinfo: {}, addr_info: [{ local: '127.0.0.1', prefixlen: 8 }] },
  { ifname: 'bgr0', ifalias: 'banger:0a1b2c3d:bridge', linkinfo: { info_kind: 'bridge' }, addr_info: [] },
];
const rules = (...items: unknown[]) => JSON.stringify({ nftables: [{ metainfo: { version: '1.0.6' } }, ...items] });
const table = { table: { family: 'inet', name: 'banger_0a1b2c3d', handle: 1 } };
const rule = (handle: number, packets: number) => ({
  rule: {
    family: 'inet',
    table: 'banger_0a1b2c3d',
    chain: 'post',
    handle,
    expr: [{ counter: { packets, bytes: 0 } }, { masquerade: null }],
  },
});

function host(change: { links?: unknown; nft?: string; losetup?: string; dmsetup?: string } = {}): FakeRunner {
  const { links = linksBefore, nft = rules(table), losetup = '', dmsetup = 'No devices found\n' } = change;
  return new FakeRunner()
    .on(['ip'], JSON.stringify(links))
    .on(['nft'], nft)
    .on(['losetup'], losetup)
    .on(['dmsetup'], dmsetup);
}
const tools = ['links', 'nftables', 'loopDevices', 'dmDevices'] as const;
const take = (runner: FakeRunner) => takeCensus({ runner, categories: tools });

describe('what host tools say', () => {
  it('is equal to itself, whatever handles and counters do', async () => {
    const before = await take(host({ nft: rules(table, rule(4, 0)) }));
    const after = await take(host({ nft: rules(table, rule(9, 17)) }));
    expect(diffCensus(before, after)).toBe('');
  });

  it('shows what is new, gone and changed, a line each', async () => {
    const loop = { loopdevices: [{ name: '/dev/loop0', 'back-file': '/var/x.img' }] };
    const before = await take(host({ nft: rules(table, rule(4, 0)) }));
    const links = [
      { ...linksBefore[0], ifalias: 'renamed' },
      { ifname: 'bt0', linkinfo: { info_kind: 'tun' } },
    ];
    const after = await take(host({ links, losetup: JSON.stringify(loop), dmsetup: 'banger-x banger-0a1b2c3d-1\n' }));
    expect(diffCensus(before, after).split('\n')).toEqual([
      'links:',
      '  + bt0 tun',
      '  - bgr0 bridge "banger:0a1b2c3d:bridge"',
      '  ~ lo 127.0.0.1/8 -> lo "renamed" 127.0.0.1/8',
      'nftables:',
      '  - rule inet banger_0a1b2c3d post [{"counter":{}},{"masquerade":null}]',
      'loopDevices:',
      '  + /dev/loop0 of /var/x.img',
      'dmDevices:',
      '  + banger-x banger-0a1b2c3d-1',
    ]);
  });

  it('skips what cannot be counted here, and says so when that changed', async () => {
    const missing = new CommandError({ argv: ['dmsetup'], summary: 'was not found on this host', notFound: true });
    const without = () =>
      new FakeRunner().once(['dmsetup'], missing).on(['ip'], '[]').on(['nft'], rules()).on(['losetup']);
    const before = await take(without());
    expect(before.skipped).toEqual({ dmDevices: 'dmsetup was not found on this host' });
    expect(diffCensus(before, await take(without()))).toBe('');
    const after = await take(host({ links: [], nft: rules() }));
    expect(diffCensus(before, after)).toBe('dmDevices:\n  ? counted only once: dmsetup was not found on this host');
  });

  it('counts only what concerns the test', async () => {
    const only = (_category: string, entry: string) => entry.includes('0a1b2c3d');
    const census = await takeCensus({ runner: host(), categories: tools, only });
    expect([...(census.entries.links ?? [])]).toEqual([['bgr0', 'bgr0 bridge "banger:0a1b2c3d:bridge"']]);
  });
});

describe('parseMountinfo', () => {
  it('reads mounts with and without optional fields', () => {
    const content =
      '36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue\n' +
      '22 27 0:21 / /proc rw,relatime - proc proc rw\n';
    expect([...parseMountinfo(content).values()]).toEqual(['/mnt2 (ext3 /dev/root)', '/proc (proc proc)']);
  });
});

describe('what the kernel says', () => {
  const runner = createRunner({ env: process.env });
  let directory = '';
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'banger-census-'));
  });
  afterEach(async () => {
    await rm(directory, { recursive: true, force: true });
  });

  it('counts mounts, cgroups and namespaces of this machine', async () => {
    const census = await takeCensus({ runner, categories: ['mounts', 'cgroups', 'namespaces'] });
    expect(census.skipped).toEqual({});
    expect([...(census.entries.mounts?.values() ?? [])].some((line) => line.startsWith('/proc (proc'))).toBe(true);
  });

  it('passes a body that leaves nothing, and its value on', async () => {
    const options = { runner, categories: ['files'] as const, directories: [directory] };
    const value = await withCensus(options, async () => {
      await writeFile(join(directory, 'x'), '');
      await rm(join(directory, 'x'));
      return 7;
    });
    expect(value).toBe(7);
  });

  it('fails when something is left, and waits a little for what ends by itself', async () => {
    const tag = `banger-census-${process.pid}-${Date.now()}`;
    const options = {
      runner,
      categories: ['processes', 'files'] as const,
      directories: [directory],
      processes: ({ argv }: { argv: readonly string[] }) => argv.includes(tag),
    };
    const spawner = createSpawner({ env: process.env });
    const spawn = (logPath: string, seconds: string) =>
      spawner.spawnOutliving(['sh', '-c', 'sleep "$0"', seconds, tag], { logPath });
    const logs = await mkdtemp(join(tmpdir(), 'banger-census-logs-'));
    try {
      await withCensus(options, () => spawn(join(logs, 'a'), '0.1'));
      let lasting: Awaited<ReturnType<typeof spawn>> | undefined;
      const failing = withCensus({ ...options, settleMs: 100 }, async () => {
        lasting = await spawn(join(logs, 'b'), '60');
        await mkdir(join(directory, 'left'));
      });
      const error = (await failing.catch((reason: unknown) => reason)) as CensusError;
      if (lasting !== undefined) signalProcess(lasting, 'SIGKILL');
      expect(error).toBeInstanceOf(CensusError);
      expect(error.diff).toContain(`  + ${lasting?.pid} sh -c sleep "$0" 60 ${tag}`);
      expect(error.diff).toContain(`  + ${directory}/left/`);
    } finally {
      await rm(logs, { recursive: true });
    }
  });

  it('reports what is left also after a failed body, its own error first', async () => {
    const options = { runner, categories: ['files'] as const, directories: [directory], settleMs: 0 };
    const cause = new Error('test failed');
    const clean = withCensus(options, () => Promise.reject(cause));
    await expect(clean).rejects.toBe(cause);
    const dirty = withCensus(options, async () => {
      await writeFile(join(directory, 'left'), '');
      throw cause;
    });
    const error = (await dirty.catch((reason: unknown) => reason)) as AggregateError;
    expect(error.errors).toEqual([cause, expect.any(CensusError)]);
    expect(error.message).toBe(`test failed\nand the host is not as it was before:\nfiles:\n  + ${directory}/left`);
  });
});
