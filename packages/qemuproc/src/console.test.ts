import { appendFile, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { cutLog, keepBounded } from './console.ts';

let directory: string;
beforeEach(async () => void (directory = await mkdtemp(join(tmpdir(), 'console-'))));
afterEach(async () => await rm(directory, { recursive: true }));

test('keeps the end of a large file and leaves a small one alone', async () => {
  const path = join(directory, 'log');
  await writeFile(path, 'x'.repeat(90) + '0123456789');
  await cutLog(path, 100, 10);
  expect(await readFile(path, 'utf8')).toHaveLength(100);
  await appendFile(path, '!');
  await cutLog(path, 100, 10);
  expect(await readFile(path, 'utf8')).toBe('123456789!');
});

test('looks again and again until told to stop', async () => {
  const path = join(directory, 'log');
  const abort = new AbortController();
  keepBounded(path, abort.signal, { everyMs: 5, maxBytes: 100, keptBytes: 10 });
  for (let round = 0; round < 3; round += 1) {
    await appendFile(path, 'x'.repeat(200));
    await expect.poll(async () => (await stat(path)).size).toBe(10);
  }
  abort.abort();
});
