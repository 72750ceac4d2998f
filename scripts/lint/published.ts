/**
 * Checks the packages as they would be published: packs each, looks at the tarball with publint and
 * are-the-types-wrong, installs all of them with npm in an empty folder, and runs both programs from there.
 */
import { execFile } from 'node:child_process';
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';

const root = join(import.meta.dirname, '../..');
const run = promisify(execFile);

interface Manifest {
  readonly name: string;
  readonly private?: boolean;
  readonly exports?: Record<string, unknown>;
}

interface Failed {
  readonly message: string;
  readonly stdout?: string;
  readonly stderr?: string;
}

let failures = 0;

/** Runs one check; shows its output only when it fails. */
async function check(name: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
    console.log(`✓ ${name}`);
  } catch (error) {
    failures += 1;
    const { message, stdout = '', stderr = '' } = error as Failed;
    console.error(`✗ ${name}\n${stdout}${stderr}${message}`);
  }
}

const folder = mkdtempSync(join(tmpdir(), 'banger-published-'));
try {
  const tarballs: string[] = [];
  for (const path of globSync('packages/*/package.json', { cwd: root }).sort()) {
    const manifest = JSON.parse(readFileSync(join(root, path), 'utf8')) as Manifest;
    if (manifest.private === true) continue;
    const directory = join(root, dirname(path));
    const tarball = join(folder, `${basename(directory)}.tgz`);
    await check(`${manifest.name}: packs with its licence, README and nothing from src`, async () => {
      await run('pnpm', ['pack', '--out', tarball], { cwd: directory });
      const { stdout } = await run('tar', ['-tzf', tarball]);
      const files = stdout.split('\n');
      for (const wanted of ['package/LICENSE', 'package/README.md', 'package/package.json']) {
        if (!files.includes(wanted)) throw new Error(`${wanted} is missing in the tarball`);
      }
      const source = files.find((file) => file.startsWith('package/src/') || file.includes('.test.'));
      if (source !== undefined) throw new Error(`${source} should not be published`);
    });
    if (!existsSync(tarball)) continue;
    tarballs.push(tarball);
    await check(`${manifest.name}: publint`, async () => {
      await run('publint', ['run', tarball, '--strict'], { cwd: directory });
    });
    if (manifest.exports?.['.'] === undefined) continue;
    await check(`${manifest.name}: types fit the JavaScript`, async () => {
      await run('attw', [tarball, '--profile', 'esm-only', '--no-emoji'], { cwd: directory });
    });
  }
  await check('npm installs all of it, and both programs start', async () => {
    const place = join(folder, 'a place');
    const node = join(root, 'node_modules/node/bin');
    await run('mkdir', [place]);
    writeFileSync(join(place, 'package.json'), '{ "private": true }\n');
    const npm = ['install', '--no-audit', '--no-fund', '--prefer-offline', ...tarballs];
    await run('npm', npm, { cwd: place, timeout: 300_000 });
    for (const program of ['banger', 'bangerd']) {
      // The launcher must find its own Node.js, not the one on $PATH.
      const env = { HOME: place, PATH: (process.env['PATH'] ?? '').replaceAll(node, '') };
      await run(join(place, 'node_modules/.bin', program), ['--version'], { cwd: place, env, timeout: 60_000 });
    }
  });
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.exitCode = failures === 0 ? 0 : 1;
