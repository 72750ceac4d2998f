import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { sampleImage } from '../store/testing.ts';
import { type ImageFile, readImageFile, recordOf, writeImageFile } from './image-file.ts';

const file: ImageFile = { record: sampleImage(1), build: 'b1', workSeedBytes: 4096, modules: ['modules/a.ko'] };
let directory: string;
let path: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'banger-image-file-'));
  path = join(directory, 'manifest.json');
});
afterEach(() => rmSync(directory, { recursive: true }));

it('is read as it was written', async () => {
  await writeImageFile(path, file);
  expect(await readImageFile(path)).toEqual(file);
});

it.each([
  ['no JSON', '{'],
  ['nothing', 'null'],
  ['of a later format', JSON.stringify({ format: 2, ...file })],
  ['without a record', JSON.stringify({ format: 1, ...file, record: undefined })],
  ['without a build', JSON.stringify({ format: 1, ...file, build: 7 })],
  ['with a size that is none', JSON.stringify({ format: 1, ...file, workSeedBytes: '4096' })],
  ['with modules that are none', JSON.stringify({ format: 1, ...file, modules: [1] })],
  ['of half a record', JSON.stringify({ format: 1, ...file, record: { ...file.record, digest: null } })],
])('that is %s is damaged', async (_what, text) => {
  writeFileSync(path, text);
  await expect(readImageFile(path)).rejects.toThrow(Error);
});

it('is whole or refused, whatever is in it', async () => {
  await fc.assert(
    fc.asyncProperty(fc.json(), async (text) => {
      writeFileSync(path, text);
      const read = await readImageFile(path).catch((error: unknown) => error);
      expect(read).toBeInstanceOf(Error);
    }),
    { seed: 3, numRuns: 200 },
  );
});

it('names an image by the beginning of its digest', () => {
  const built = {
    digest: `sha256:${'0123456789abcdef'.repeat(4)}`,
    sizeBytes: 1,
    workSeedBytes: 2,
    kernelVersion: '6.12',
    modules: [],
  };
  expect(recordOf('debian:13', built, 3, new Date(0))).toMatchObject({ id: '0123456789abcdef', storedBytes: 3 });
});
