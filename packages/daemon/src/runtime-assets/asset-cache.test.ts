import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AssetCache } from './asset-cache.ts';

const never = new AbortController().signal;
let directory: string;
let builds: number;
let content: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'assets-'));
  builds = 0;
  content = 'built';
});
afterEach(() => rm(directory, { recursive: true }));

const spec = (...inputs: string[]) => ({
  name: 'thing',
  inputs,
  build: async (path: string) => {
    builds += 1;
    await writeFile(path, content);
  },
});

describe('AssetCache', () => {
  it('builds once for all who ask, and not again in another process', async () => {
    const cache = new AssetCache(directory);
    const paths = await Promise.all([cache.get(spec('a'), never), cache.get(spec('a'), never)]);
    expect(new Set(paths).size).toBe(1);
    expect(await new AssetCache(directory).get(spec('a'), never)).toBe(paths[0]);
    expect(builds).toBe(1);
  });

  it('builds another for other inputs', async () => {
    const cache = new AssetCache(directory);
    expect(await cache.get(spec('a'), never)).not.toBe(await cache.get(spec('b'), never));
    expect(builds).toBe(2);
  });

  it('builds again what was damaged or cut off', async () => {
    const cache = new AssetCache(directory);
    const path = await cache.get(spec('a'), never);
    await writeFile(path, 'buil');
    expect(await readFile(await cache.get(spec('a'), never), 'utf8')).toBe('built');
    await rm(`${path}.sha256`);
    await cache.get(spec('a'), never);
    expect(builds).toBe(3);
  });

  it('lets the next one try after a failure, and leaves nothing of it', async () => {
    const cache = new AssetCache(directory);
    const failing = { ...spec('a'), build: () => Promise.reject(new Error('no busybox')) };
    await expect(cache.get(failing, never)).rejects.toThrow('no busybox');
    expect(await readdir(directory)).toEqual([]);
    await expect(cache.get(spec('a'), never)).resolves.toContain('thing');
  });

  it('ends the wait of who is cancelled, and the work goes on for the others', async () => {
    const cache = new AssetCache(directory);
    const gate = Promise.withResolvers<void>();
    const slow = { ...spec('a'), build: (path: string) => gate.promise.then(() => writeFile(path, content)) };
    const cancelled = new AbortController();
    const [first, second] = [cache.get(slow, cancelled.signal), cache.get(slow, never)];
    cancelled.abort(new Error('cancelled'));
    await expect(first).rejects.toThrow('cancelled');
    gate.resolve();
    expect(await readFile(await second, 'utf8')).toBe('built');
  });
});
