import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { nextVmmLog, tailOf, vmmLogTail } from './log-files.ts';

let directory: string;
beforeEach(async () => void (directory = await mkdtemp(join(tmpdir(), 'logs-'))));
afterEach(async () => await rm(directory, { recursive: true }));

test('every start has a log of its own, and three are kept', async () => {
  for (let start = 1; start <= 12; start += 1) {
    const path = await nextVmmLog(directory);
    expect(path).toBe(join(directory, `vmm-${start}.log`));
    await writeFile(path, `start ${start}`, { flag: 'wx' });
  }
  expect((await readdir(directory)).toSorted()).toEqual(['vmm-10.log', 'vmm-11.log', 'vmm-12.log']);
  expect(await vmmLogTail(directory)).toBe('start 12');
});

test('the tail of a long, a short and a missing file', async () => {
  const path = join(directory, 'x');
  await writeFile(path, '0123456789');
  expect(await tailOf(path, 4)).toBe('6789');
  expect(await tailOf(path, 40)).toBe('0123456789');
  expect(await tailOf(join(directory, 'none'))).toBe('');
});
