import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeRunner } from '@banger/testkit';
import { expect, test } from 'vitest';
import { requireSpace } from './space.ts';
import { sparseCopyBackend } from './sparse-copy.ts';
import { makeWhole } from './temporary.ts';

const never = new AbortController().signal;

async function withDirectory(body: (directory: string) => Promise<void>): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'space-'));
  try {
    await body(directory);
  } finally {
    await rm(directory, { recursive: true });
  }
}

test('too little space is told with both figures', async () => {
  await requireSpace(tmpdir(), 1);
  await expect(requireSpace(tmpdir(), 2 ** 60)).rejects.toMatchObject({
    code: 'disk_full',
    remediation: expect.stringContaining('Free space'),
    details: { neededBytes: 2 ** 60, freeBytes: expect.any(Number) },
  });
});

test('a full disk while a file is made is disk_full, and leaves nothing', async () => {
  await withDirectory(async (directory) => {
    const full = makeWhole(join(directory, 'x'), never, async (temporary) => {
      await writeFile(temporary, 'half');
      throw Object.assign(new Error('no space'), { code: 'ENOSPC' });
    });
    await expect(full).rejects.toMatchObject({ code: 'disk_full' });
    expect(await readdir(directory)).toEqual([]);
  });
});

test('a copy that fails for another reason keeps that reason', async () => {
  await withDirectory(async (directory) => {
    const originPath = join(directory, 'origin');
    await writeFile(originPath, 'content');
    const backend = sparseCopyBackend(new FakeRunner().on(['cp'], new Error('I/O error')));
    const spec = { originPath, basePath: join(directory, 'root'), sizeBytes: 512, tag: 'test' };
    await expect(backend.clone(spec, never)).rejects.toThrow('I/O error');
    expect(await readdir(directory)).toEqual(['origin']);
  });
});
