import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ImageError } from './errors.ts';
import { readGuestFiles } from './guest-files.ts';
import { buildInitramfs } from './initramfs.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'initramfs-'));
});
afterEach(() => rm(directory, { recursive: true }));

async function file(name: string, content: Buffer): Promise<string> {
  const path = join(directory, name);
  await writeFile(path, content);
  return path;
}

/** 64-bit ELF with one segment: static (type 1) or with an interpreter (type 3). */
function elf(segmentType: number): Buffer {
  const data = Buffer.alloc(120);
  data.write('\x7fELF\x02\x01', 'latin1');
  data.writeBigUInt64LE(64n, 32);
  data.writeUInt16LE(56, 54);
  data.writeUInt16LE(1, 56);
  data.writeUInt32LE(segmentType, 64);
  return data;
}

it('holds busybox, the modules in their order, and what the guest runs', async () => {
  const busyboxPath = await file('busybox', elf(1));
  const modules = [await file('b.ko', elf(1)), await file('a.ko', elf(1))];
  const outPath = join(directory, 'out', 'initramfs');
  await buildInitramfs({ busyboxPath, modules, outPath });
  const archive = (await readFile(outPath)).toString('latin1');
  expect(archive).toContain('b.ko\na.ko\n');
  const { init, runtime } = await readGuestFiles();
  expect(archive).toContain(init.toString('latin1'));
  expect([...runtime.keys()]).toEqual(['poweroff', 'small-init', 'sshd_config', 'supervise']);
  for (const data of runtime.values()) expect(archive).toContain(data.toString('latin1'));
  expect(await readdir(join(directory, 'out'))).toEqual(['initramfs']);
});

it('refuses a busybox that needs libraries, and a packed module', async () => {
  const outPath = join(directory, 'initramfs');
  const dynamic = await file('dynamic', elf(3));
  const busyboxPath = await file('busybox', elf(1));
  const packed = await file('a.ko', Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0]));
  await expect(buildInitramfs({ busyboxPath: dynamic, modules: [], outPath })).rejects.toThrow(
    /not a statically linked/,
  );
  await expect(buildInitramfs({ busyboxPath, modules: [packed], outPath })).rejects.toThrow(ImageError);
  expect((await readdir(directory)).includes('initramfs')).toBe(false);
});
