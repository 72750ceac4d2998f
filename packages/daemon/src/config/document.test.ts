import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { configurationPage, exampleFile } from './document.ts';
import { parseToml } from './parse-toml.ts';
import { resolveConfig } from './resolve.ts';

const docs = new URL('../../../../docs/', import.meta.url);

test('docs/configuration.md and docs/config.example.toml are what the schema says', async () => {
  await expect(configurationPage()).toMatchFileSnapshot(fileURLToPath(new URL('configuration.md', docs)));
  await expect(exampleFile()).toMatchFileSnapshot(fileURLToPath(new URL('config.example.toml', docs)));
});

test('the example is the defaults, as it is and with every default spelt out', () => {
  const example = exampleFile();
  expect(parseToml(example, 'example')).toEqual(resolveConfig({}));
  const spelt = example.replaceAll(/^#([a-z_]+ = .+)$/gm, '$1');
  expect(spelt).not.toBe(example);
  expect(parseToml(spelt, 'example')).toEqual(resolveConfig({}));
});
