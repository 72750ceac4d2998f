import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { FakeRunner } from '@banger/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ImageError } from '../errors.ts';
import { bzImage } from './bzimage.fixture.ts';
import { extractKernel } from './extract.ts';

const kernel = Buffer.concat([Buffer.from('\x7fELF', 'latin1'), Buffer.alloc(5000, 1)]);
const plainSize = Buffer.alloc(4);
plainSize.writeUInt32LE(kernel.length);
const withSize = (packed: Buffer) => bzImage(Buffer.concat([packed, plainSize]));

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'kernel-'));
});
afterEach(() => rm(directory, { recursive: true }));

async function extract(image: Buffer, runner = new FakeRunner()): Promise<Buffer> {
  await writeFile(join(directory, 'vmlinuz'), image);
  await extractKernel(join(directory, 'vmlinuz'), join(directory, 'vmlinux'), { runner });
  return readFile(join(directory, 'vmlinux'));
}

describe('extractKernel', () => {
  it('unpacks gzip and zstd by itself', async () => {
    expect(await extract(withSize(gzipSync(kernel)))).toEqual(kernel);
    expect(await extract(withSize(zstdCompressSync(kernel)))).toEqual(kernel);
    expect(await extract(bzImage(kernel))).toEqual(kernel);
  });

  it('copies what is an ELF kernel already', async () => {
    expect(await extract(kernel)).toEqual(kernel);
  });

  it('has lz4 and xz unpacked by their programs', async () => {
    const lz4 = new FakeRunner().on(['lz4'], async ({ argv }) => {
      const [from = '', to = ''] = argv.slice(-2);
      expect(await readFile(from)).toEqual(Buffer.from([2, 0x21, 0x4c, 0x18, 5, 5, 5, 5]));
      await writeFile(to, kernel);
      return '';
    });
    expect(await extract(withSize(Buffer.from([2, 0x21, 0x4c, 0x18, 5, 5, 5, 5])), lz4)).toEqual(kernel);
    const xz = new FakeRunner().on(['xz'], async ({ argv }) => {
      await writeFile((argv.at(-1) ?? '').replace(/\.packed$/, ''), kernel);
      return '';
    });
    expect(await extract(withSize(Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0, 1, 2, 3])), xz)).toEqual(kernel);
  });

  it('leaves nothing behind when it fails', async () => {
    const damaged = gzipSync(kernel);
    damaged.fill(0, 12);
    await expect(extract(withSize(damaged))).rejects.toThrow(ImageError);
    await expect(extract(withSize(gzipSync(Buffer.from('no kernel at all'))))).rejects.toThrow(/no ELF kernel/);
    expect(await readdir(directory)).toEqual(['vmlinuz']);
  });
});
