import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadConfig, resolveConfig } from './resolve.ts';
import type { DaemonOptions } from './schema.ts';

test('options are checked like a file, with their own spelling', () => {
  const options = { sateDir: '/x', network: { cidr: 5 }, defaults: { memory: 1 } } as unknown as DaemonOptions;
  expect(() => resolveConfig(options)).toThrow(
    expect.objectContaining({
      code: 'config_invalid',
      message: expect.stringMatching(
        /^network\.cidr: got 5; expected an IPv4.*\ndefaults\.memory: 1 is not between .*\nsateDir: .*did you mean stateDir\?$/,
      ),
    }),
  );
  expect(() => resolveConfig(null as unknown as DaemonOptions)).toThrow(/^options: got null; expected an object$/);
});

test('a file is read; one that was asked for must be there', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'banger-config-'));
  try {
    const path = join(dir, 'c.toml');
    await expect(loadConfig(path)).rejects.toMatchObject({
      code: 'config_invalid',
      message: expect.stringContaining(path),
    });
    await writeFile(path, 'log_level = "debug"\n');
    expect(await loadConfig(path)).toEqual(resolveConfig({ logLevel: 'debug' }));
    await expect(loadConfig(dir)).rejects.toMatchObject({ code: 'config_invalid' });
  } finally {
    await rm(dir, { recursive: true });
  }
});
