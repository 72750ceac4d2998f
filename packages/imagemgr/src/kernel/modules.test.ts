import { mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { FakeRunner } from '@banger/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { collectModules, loadOrder, parseModulesDep } from './modules.ts';

const net = 'kernel/drivers/net';
const modulesDep = `${net}/virtio_net.ko.xz: ${net}/net_failover.ko.xz kernel/net/core/failover.ko.xz
${net}/net_failover.ko.xz: kernel/net/core/failover.ko.xz
kernel/net/core/failover.ko.xz:
kernel/drivers/char/hw_random/virtio-rng.ko.xz:
`;

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'modules-'));
});
afterEach(() => rm(directory, { recursive: true }));

describe('loadOrder', () => {
  const dependencies = parseModulesDep(modulesDep);

  it('puts what is needed first, each once', () => {
    expect(loadOrder(['virtio_net', 'virtio_rng'], dependencies, new Set())).toEqual([
      'kernel/net/core/failover.ko.xz',
      `${net}/net_failover.ko.xz`,
      `${net}/virtio_net.ko.xz`,
      'kernel/drivers/char/hw_random/virtio-rng.ko.xz',
    ]);
  });

  it('leaves out what is built in, and names what is missing', () => {
    expect(loadOrder(['ext4'], dependencies, new Set(['ext4']))).toEqual([]);
    expect(() => loadOrder(['ext4'], dependencies, new Set())).toThrow(/has no ext4/);
  });

  it('ends on a circle', () => {
    const circle = parseModulesDep('a.ko: b.ko\nb.ko: a.ko\n');
    expect(loadOrder(['a'], circle, new Set())).toEqual(['b.ko', 'a.ko']);
  });
});

describe('collectModules', () => {
  it('unpacks them under plain names', async () => {
    const modulesDirectory = join(directory, 'lib');
    const files = { 'modules.dep': modulesDep, 'modules.builtin': 'kernel/fs/ext4/ext4.ko\n' };
    const modules = parseModulesDep(modulesDep).keys();
    for (const [name, text] of [...Object.entries(files), ...[...modules].map((path) => [path, 'packed'] as const)]) {
      await mkdir(dirname(join(modulesDirectory, name)), { recursive: true });
      await writeFile(join(modulesDirectory, name), text);
    }
    const runner = new FakeRunner().on(['xz', '--decompress'], async ({ argv }) => {
      const path = argv.at(-1) ?? '';
      await rename(path, path.replace(/\.xz$/, ''));
      return '';
    });
    const outDirectory = join(directory, 'out');
    const order = await collectModules({ modulesDirectory, names: ['virtio_net', 'ext4'], outDirectory, runner });
    expect(order).toEqual(['failover.ko', 'net_failover.ko', 'virtio_net.ko']);
    expect((await readdir(outDirectory)).toSorted()).toEqual(order.toSorted());
  });
});
