/** Checks the import rules of the whole repository: `node scripts/lint/imports.ts`. */
import { existsSync, globSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { findViolations, type PackageManifest } from './check-imports.ts';
import { importRules } from './import-rules.ts';
import { type ParsedFile, parseFile } from './parse-imports.ts';

const root = join(import.meta.dirname, '../..');

function readManifests(): Map<string, PackageManifest> {
  const manifests = new Map<string, PackageManifest>();
  for (const name of readdirSync(join(root, 'packages'))) {
    const path = join(root, 'packages', name, 'package.json');
    if (!existsSync(path)) continue;
    const { exports = {} } = JSON.parse(readFileSync(path, 'utf8')) as {
      exports?: Record<string, { source?: string } | string>;
    };
    const sources: Record<string, string> = {};
    for (const [entry, target] of Object.entries(exports)) {
      if (typeof target === 'object' && target.source !== undefined) {
        sources[entry] = `packages/${name}/${target.source.replace(/^\.\//, '')}`;
      }
    }
    manifests.set(name, { sources });
  }
  return manifests;
}

const patterns = ['packages/*/src/**/*.ts', 'packages/*/test/**/*.ts', 'test/**/*.ts', 'bench/**/*.ts'];
const files = new Map<string, ParsedFile>();
for (const path of globSync(patterns, { cwd: root, exclude: ['**/node_modules', '**/dist'] }).sort()) {
  files.set(path, parseFile(path, readFileSync(join(root, path), 'utf8')));
}

const violations = findViolations({ files, packages: readManifests() }, importRules);
for (const { file, line, rule, message } of violations) console.error(`${file}:${line}  ${rule}: ${message}`);
if (violations.length > 0) {
  console.error(
    `\n${violations.length} broken import rule${violations.length === 1 ? '' : 's'} (scripts/lint/import-rules.ts)`,
  );
  process.exitCode = 1;
}
