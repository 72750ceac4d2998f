import { createHash } from 'node:crypto';
import { accessSync, constants, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { explainNetwork } from './network.mjs';
import { Problem } from './problem.mjs';
import { node24, readManifest, root, run, toolEnvironment } from './run.mjs';

/** @typedef {import('./steps.mjs').Step} Step */

const STAMPS = join(root, 'node_modules/.banger-setup');
const INSTALL_STAMP = join(STAMPS, 'install');
/** Where npx put pnpm: scripts/bin/pnpm reads it. */
const PNPM_PATH = join(STAMPS, 'pnpm');

/** A hash of everything that decides what `pnpm install` makes. */
function installFingerprint() {
  const hash = createHash('sha256');
  const add = (/** @type {string} */ path) => hash.update(`${path}\0`).update(readFileSync(join(root, path)));
  for (const path of ['pnpm-lock.yaml', 'pnpm-workspace.yaml', 'package.json']) add(path);
  for (const name of readdirSync(join(root, 'packages')).sort()) {
    const path = `packages/${name}/package.json`;
    if (existsSync(join(root, path))) add(path);
  }
  return hash.digest('hex');
}

const readStamp = () => (existsSync(INSTALL_STAMP) ? readFileSync(INSTALL_STAMP, 'utf8') : '');

function requireWritable() {
  const target = existsSync(join(root, 'node_modules')) ? join(root, 'node_modules') : root;
  try {
    accessSync(target, constants.W_OK);
  } catch {
    throw new Problem(`${target} belongs to somebody else and cannot be written`, {
      remedy: [`Hand the checkout to your user (sudo chown -R "$USER" "${root}") and run this again.`],
    });
  }
}

async function explainRegistry() {
  const registry = await run(['npm', 'config', 'get', 'registry']).catch(() => '');
  const host = URL.canParse(registry.trim()) ? new URL(registry.trim()).hostname : 'registry.npmjs.org';
  const network = await explainNetwork("npm's registry", host);
  return [...network, 'After a change of dependencies run scripts/bin/pnpm install and commit pnpm-lock.yaml.'];
}

/** @type {Step} */
export const npmPackages = {
  name: 'npm packages',
  done: () => existsSync(node24) && readStamp() === installFingerprint(),
  run: async (say) => {
    requireWritable();
    const { packageManager } = readManifest();
    const install = 'command -v pnpm && exec pnpm install --frozen-lockfile';
    const output = await run(['npx', '--yes', `--package=${packageManager}`, '--call', install], {
      say,
      // Nobody may be there to answer questions of pnpm; and `npm --silent run` would silence the errors of npx too.
      env: { ...toolEnvironment(), PATH: `${process.env.PATH}`, CI: 'true', npm_config_loglevel: 'error' },
      failure: `${packageManager} could not install the npm packages`,
      remedy: explainRegistry,
    });
    if (!existsSync(node24)) {
      throw new Problem('the npm package "node" was installed without its program', {
        remedy: ['Remove node_modules and run this again; its install script downloads Node.js 24 from the registry.'],
      });
    }
    mkdirSync(STAMPS, { recursive: true });
    writeFileSync(PNPM_PATH, `${output.split('\n')[0]}\n`);
    writeFileSync(INSTALL_STAMP, installFingerprint());
  },
};

/**
 * Turbo on tasks of this repository: it runs what changed since the last time, in dependency order.
 * @param {readonly string[]} tasks
 * @param {(line: string) => void} say
 * @param {string} failure
 */
export async function runTurbo(tasks, say, failure) {
  const turbo = ['turbo', 'run', ...tasks, '--ui=stream', '--output-logs=errors-only', '--log-order=grouped'];
  // Lines of a task begin with its name; the rest is turbo introducing itself.
  const sayTask = (/** @type {string} */ line) => (/^(@banger|\/\/)/.test(line) ? say(line) : undefined);
  await run(turbo, { say: sayTask, failure, tailLines: Number.POSITIVE_INFINITY });
}

/** @type {Step} */
export const build = {
  name: 'build',
  done: () => false, // turbo knows better, and says so in a tenth of a second
  run: (say) => runTurbo(['build'], say, 'the build failed; the lines above say where'),
};
