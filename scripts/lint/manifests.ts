/**
 * Keeps the manifests of all packages alike: `node scripts/lint/manifests.ts [--write]`.
 * The `source` condition lets the repository run unbuilt; it is cut from what is published.
 * Every third-party dependency has its line in docs/dependencies.md, and every line there its dependency.
 */
import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs';
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
  const contents = [manifest['bin'] === undefined ? 'dist' : 'bin'];
  if (existsSync(join(root, 'packages', folder, 'assets'))) contents.push('assets');
  return {
    ...shared,
    files: [...contents, 'README.md', 'LICENSE'],
    publishConfig: { access: 'public', exports: withoutSource(exportsMap) },
  };
}

/** The third-party packages that a manifest asks for. */
function thirdParty(manifest: Json): readonly string[] {
  const fields = ['dependencies', 'devDependencies', 'optionalDependencies', 'peerDependencies'];
  const names = fields.flatMap((field) => Object.keys((manifest[field] ?? {}) as Json));
  return names.filter((name) => !name.startsWith('@banger/'));
}

/** Compares the dependencies of all manifests with docs/dependencies.md. */
function checkReasons(used: ReadonlySet<string>): void {
  const path = 'docs/dependencies.md';
  const rows = readFileSync(join(root, path), 'utf8').matchAll(/^\| `([^`]+)` \|/gm);
  const explained = new Set([...rows].map(([, name]) => name ?? ''));
  for (const name of used.difference(explained)) console.error(`${path}: ${name} has no line with its reason`);
  for (const name of explained.difference(used)) console.error(`${path}: nothing depends on ${name} any more`);
  if (used.symmetricDifference(explained).size > 0) process.exitCode = 1;
}

const write = process.argv.includes('--write');
const used = new Set<string>(thirdParty(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Json));
for (const path of globSync('packages/*/package.json', { cwd: root }).sort()) {
  const manifest = JSON.parse(readFileSync(join(root, path), 'utf8')) as Json;
  for (const name of thirdParty(manifest)) used.add(name);
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
checkReasons(used);
