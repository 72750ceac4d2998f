/**
 * Keeps the manifests of all packages alike: `node scripts/lint/manifests.ts [--write]`.
 * The `source` condition lets the repository run unbuilt; it is cut from what is published.
 */
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';

const root = join(import.meta.dirname, '../..');

type Json = Record<string, unknown>;

function withoutSource(exportsMap: Json): Json {
  const entries = Object.entries(exportsMap).map(([entry, target]) => {
    if (typeof target !== 'object' || target === null) return [entry, target];
    return [entry, Object.fromEntries(Object.entries(target).filter(([condition]) => condition !== 'source'))];
  });
  return Object.fromEntries(entries) as Json;
}

/** What the manifest of a package must hold. */
function expected(folder: string, manifest: Json): Json {
  const exportsMap = (manifest['exports'] ?? {}) as Json;
  const shared = {
    name: `@banger/${folder}`,
    license: 'Apache-2.0',
    type: 'module',
    engines: { node: '>=24' },
    sideEffects: false,
  };
  if (manifest['private'] === true) return shared;
  return {
    ...shared,
    files: [manifest['bin'] === undefined ? 'dist' : 'bin', 'README.md', 'LICENSE'],
    publishConfig: { access: 'public', exports: withoutSource(exportsMap) },
  };
}

const write = process.argv.includes('--write');
for (const path of globSync('packages/*/package.json', { cwd: root }).sort()) {
  const manifest = JSON.parse(readFileSync(join(root, path), 'utf8')) as Json;
  const wanted = expected(basename(dirname(path)), manifest);
  const wrong = Object.entries(wanted).filter(([key, value]) => !isDeepStrictEqual(manifest[key], value));
  if (wrong.length === 0) continue;
  if (write) {
    writeFileSync(join(root, path), `${JSON.stringify({ ...manifest, ...Object.fromEntries(wrong) }, null, 2)}\n`);
    console.log(`${path}: set ${wrong.map(([key]) => key).join(', ')}`);
    continue;
  }
  for (const [key, value] of wrong) console.error(`${path}: ${key} should be ${JSON.stringify(value)}`);
  console.error('  fix: node scripts/lint/manifests.ts --write');
  process.exitCode = 1;
}
