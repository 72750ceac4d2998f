import { open, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { gunzip, zstdDecompress } from 'node:zlib';
import type { Runner } from '@banger/system';
import { isElf } from '../elf.ts';
import { ImageError } from '../errors.ts';
import { runTool } from '../run-tool.ts';
import { findKernelPayload, type KernelPayload } from './bzimage.ts';

export interface ExtractKernelOptions {
  readonly runner: Runner;
  readonly signal?: AbortSignal;
}

// Debian's are 55 MiB; this bounds what a broken file may unpack to.
const MAX_KERNEL_BYTES = 512 * 1024 * 1024;

/**
 * Writes the ELF kernel that is inside a bzImage (or is the file itself), as Firecracker and PVH boot it. Atomic.
 * @throws ImageError `kernel_unsupported`, `corrupt`; `tool_missing` where lz4 or xz is needed and absent
 */
export async function extractKernel(
  vmlinuzPath: string,
  outPath: string,
  options: ExtractKernelOptions,
): Promise<void> {
  const { signal } = options;
  const image = await readFile(vmlinuzPath, { signal });
  const staging = `${outPath}.new`;
  try {
    if (isElf(image)) await writeFile(staging, image, { signal });
    else await unpack(findKernelPayload(image), staging, options);
    if (!(await beginsAsElf(staging))) {
      throw new ImageError('kernel_unsupported', `what is inside ${vmlinuzPath} is no ELF kernel`);
    }
    await rename(staging, outPath);
  } finally {
    await rm(staging, { force: true });
  }
}

async function unpack(payload: KernelPayload, target: string, options: ExtractKernelOptions): Promise<void> {
  const { signal } = options;
  switch (payload.compression) {
    case 'none':
      return writeFile(target, payload.data, { signal });
    case 'gzip':
      return writeFile(target, await plain(promisify(gunzip), payload.data), { signal });
    case 'zstd':
      return writeFile(target, await plain(promisify(zstdDecompress), payload.data), { signal });
    case 'lz4-legacy':
      return unpackByTool(['lz4', '--decompress', '--force', '--quiet'], payload.data, target, options);
    case 'xz':
      return unpackByTool(['xz', '--decompress', '--force', '--suffix=.packed'], payload.data, target, options);
  }
}

type Inflate = (data: Buffer, options: { maxOutputLength: number }) => Promise<Buffer>;

async function plain(inflate: Inflate, data: Buffer): Promise<Buffer> {
  try {
    return await inflate(data, { maxOutputLength: MAX_KERNEL_BYTES });
  } catch (cause) {
    throw new ImageError('corrupt', 'the kernel image cannot be unpacked: its payload is damaged', { cause });
  }
}

async function unpackByTool(
  [tool, ...flags]: readonly [string, ...string[]],
  data: Buffer,
  target: string,
  { runner, signal }: ExtractKernelOptions,
): Promise<void> {
  const packed = `${target}.packed`;
  try {
    await writeFile(packed, data, { signal });
    // xz names its output after its input; lz4 is told.
    const files = tool === 'xz' ? [packed] : [packed, target];
    await runTool(runner, [tool, ...flags, ...files], { signal, what: 'unpacking the kernel' });
  } finally {
    await rm(packed, { force: true });
  }
}

async function beginsAsElf(path: string): Promise<boolean> {
  await using file = await open(path);
  const { buffer } = await file.read(Buffer.alloc(4), 0, 4, 0);
  return isElf(buffer);
}
