import { mkdtemp, readdir, readFile, rm, statfs, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { diskContract } from '../../packages/daemon/src/disks/contract.ts';
import { openDisks } from '../../packages/daemon/src/disks/open.ts';
import type { CloneSpec, Disk } from '../../packages/daemon/src/disks/port.ts';
import { qcow2Backend } from '../../packages/daemon/src/disks/qcow2.ts';
import { reflinkBackend } from '../../packages/daemon/src/disks/reflink.ts';
import { sparseCopyBackend } from '../../packages/daemon/src/disks/sparse-copy.ts';
import { LoopMount, runner } from './disks/loop-mount.ts';

const MIB = 2 ** 20;
const never = new AbortController().signal;
const freeBytes = async (directory: string): Promise<number> => {
  const { bavail, bsize } = await statfs(directory);
  return bavail * bsize;
};

let xfs: LoopMount;
beforeAll(async () => void (xfs = await LoopMount.make()));
afterAll(async () => await xfs[Symbol.asyncDispose]());

diskContract('reflink on xfs', () =>
  Promise.resolve({ backend: reflinkBackend(), parent: xfs.directory, contentOf: ({ path }) => readFile(path) }),
);

diskContract('qcow2, read by qemu-img', () =>
  Promise.resolve({ backend: qcow2Backend(), parent: tmpdir(), contentOf: contentByQemu }),
);

async function contentByQemu({ path }: Disk): Promise<Buffer> {
  const raw = `${path}.content`;
  try {
    await runner.run(['qemu-img', 'convert', '-f', 'qcow2', '-O', 'raw', path, raw]);
    return await readFile(raw);
  } finally {
    await rm(raw, { force: true });
  }
}

describe('an overlay of ours', () => {
  test.each([1, 10 * 1024, 1024 * 1024])(
    'of %i MiB is flawless to QEMU, also after it was written to',
    async (sizeMib) => {
      const directory = await mkdtemp(join(tmpdir(), 'bgt-disks-'));
      const spec: CloneSpec = {
        originPath: join(directory, 'origin, of all'),
        basePath: join(directory, 'root'),
        sizeBytes: sizeMib * MIB,
        tag: 'test',
      };
      await writeFile(spec.originPath, Buffer.alloc(MIB, 'o'));
      const { path } = await qcow2Backend().clone(spec, never);
      const qemu = async (...argv: readonly string[]): Promise<string> =>
        (await runner.run(['qemu-img', ...argv, '--output=json', '-f', 'qcow2', path])).stdout;
      expect(JSON.parse(await qemu('info'))).toMatchObject({
        'virtual-size': spec.sizeBytes,
        'cluster-size': 131_072,
        'full-backing-filename': spec.originPath,
        'backing-filename-format': 'raw',
        'format-specific': { data: { 'extended-l2': true, corrupt: false } },
      });
      // The first and the last 4 KiB: clusters and tables are made for both.
      const last = spec.sizeBytes - 4096;
      const write = ['write -P 0x61 4096 4096', `write -P 0x62 ${last} 4096`, 'flush'].flatMap((each) => ['-c', each]);
      await runner.run(['qemu-io', '-f', 'qcow2', ...write, path]);
      const read = [
        'read -P 0x6f 0 4096',
        'read -P 0x61 4096 4096',
        'read -P 0x6f 8192 4096',
        `read -P 0x62 ${last} 4096`,
      ];
      const verified = await runner.run(['qemu-io', '-f', 'qcow2', ...read.flatMap((each) => ['-c', each]), path]);
      expect(verified.stdout).not.toMatch(/failed/i);
      expect(JSON.parse(await qemu('check'))).toMatchObject({ 'check-errors': 0 });
      await rm(directory, { recursive: true });
    },
  );
});

describe('on a small file system', () => {
  afterEach(async () => {
    for (const name of await readdir(xfs.directory)) await rm(join(xfs.directory, name));
  });
  const originOf = async (sizeMib: number): Promise<CloneSpec> => {
    const originPath = join(xfs.directory, 'origin');
    await writeFile(originPath, Buffer.alloc(sizeMib * MIB, 'o'));
    return { originPath, basePath: join(xfs.directory, 'root'), sizeBytes: 64 * MIB, tag: 'test' };
  };

  test('a reflink takes no space of its own', async () => {
    const spec = await originOf(16);
    const before = await freeBytes(xfs.directory);
    await reflinkBackend().clone(spec, never);
    expect(before - (await freeBytes(xfs.directory))).toBeLessThan(MIB);
  });

  test('reflinks are found, and chosen', async () => {
    const { chosen } = await openDisks({
      config: { disk: 'auto' },
      runner,
      stateDir: xfs.directory,
      formats: ['raw', 'qcow2'],
      signal: never,
    });
    expect(chosen.kind).toBe('reflink');
    expect(await readdir(xfs.directory)).toEqual([]);
  });

  test('another file system has no blocks to share', async () => {
    const spec = { ...(await originOf(1)), basePath: join(tmpdir(), `bgt-${process.pid}`) };
    await expect(reflinkBackend().clone(spec, never)).rejects.toMatchObject({ code: 'prerequisite_missing' });
  });

  test('a copy without room is refused before it starts, an overlay when the disk is full', async () => {
    const spec = await originOf(36);
    const error = { code: 'disk_full', remediation: expect.stringContaining('Free space') };
    await expect(sparseCopyBackend(runner).clone(spec, never)).rejects.toMatchObject(error);
    // Ends with status 1 when no block is left.
    await runner.run(['dd', 'if=/dev/zero', `of=${join(xfs.directory, 'rest')}`, 'bs=4k'], { okExitCodes: [1] });
    await expect(qcow2Backend().clone(spec, never)).rejects.toMatchObject(error);
    expect((await readdir(xfs.directory)).toSorted()).toEqual(['origin', 'rest']);
  });

  test('a copy that is aborted leaves nothing', async () => {
    const spec = await originOf(24);
    const abort = new AbortController();
    const pending = sparseCopyBackend(runner).clone(spec, abort.signal);
    setTimeout(() => abort.abort(), 5);
    await expect(pending).rejects.toThrow();
    expect(await readdir(xfs.directory)).toEqual(['origin']);
  });
});
