import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, readFileSync, statfsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { explainNetwork } from './network.mjs';
import { Problem } from './problem.mjs';
import { root, run, toolEnvironment } from './run.mjs';

/**
 * @typedef {{ name: string, why: string, program?: string, file?: string }} HostPackage
 * @typedef {import('./steps.mjs').Step} Step
 */

/** The one list of host packages; doctor and the documentation read it too. */
const HOST_PROGRAMS = join(root, 'packages/daemon/src/host-programs.json');
const GIB = 1024 ** 3;

/** What the set-up needs on the disk of the checkout, and what images and VMs need under /var/lib. */
const CHECKOUT_BYTES = 2 * GIB;
const STATE_BYTES = 4 * GIB;

/** @returns {{ distributions: string[], packages: HostPackage[] }} */
const readHostPrograms = () =>
  /** @type {ReturnType<typeof readHostPrograms>} */ (JSON.parse(readFileSync(HOST_PROGRAMS, 'utf8')));

/** @param {string} path */
function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** @param {string} program */
function onPath(program) {
  const folders = `${toolEnvironment().PATH}`.split(':');
  return folders.some((folder) => folder !== '' && isExecutable(join(folder, program)));
}

/** @param {HostPackage} entry */
const isInstalled = (entry) =>
  (entry.program === undefined || onPath(entry.program)) && (entry.file === undefined || existsSync(entry.file));

const missingPackages = () => readHostPrograms().packages.filter((entry) => !isInstalled(entry));

/** Refuses a machine that banger cannot run on, before anything is changed. */
export function checkMachine() {
  const major = Number(process.versions.node.split('.')[0]);
  if (major < 20) {
    throw new Problem(`Node.js ${process.versions.node} is too old to set banger up`, {
      remedy: ['Install Node.js 20 or newer (Debian 13: apt-get install nodejs npm) and run this again.'],
    });
  }
  if (process.platform === 'linux' && process.arch === 'x64') return;
  throw new Problem(`banger needs Linux on x86-64; this is ${process.platform} on ${process.arch}`, {
    remedy: ['Run it on a Linux machine with an Intel or AMD processor; a virtual one will do.'],
  });
}

/** @returns {{ name: string, apt: boolean }} */
function readDistribution() {
  const fields = /** @type {Map<string, string>} */ (new Map());
  if (existsSync('/etc/os-release')) {
    for (const line of readFileSync('/etc/os-release', 'utf8').split('\n')) {
      const [, key, value] = /^([A-Z_]+)="?([^"]*)"?$/.exec(line) ?? [];
      if (key !== undefined && value !== undefined) fields.set(key, value);
    }
  }
  const ids = [fields.get('ID'), ...(fields.get('ID_LIKE') ?? '').split(' ')];
  return {
    name: fields.get('PRETTY_NAME') ?? 'an unknown distribution',
    apt: readHostPrograms().distributions.some((id) => ids.includes(id)) && onPath('apt-get'),
  };
}

const isRoot = () => process.getuid?.() === 0;

/**
 * Puts sudo in front of a command where that is needed.
 * @param {readonly string[]} argv
 * @returns {string[]}
 */
export function asRoot(argv) {
  if (isRoot()) return [...argv];
  return process.stdin.isTTY ? ['sudo', ...argv] : ['sudo', '-n', ...argv];
}

/**
 * The same with our $PATH, which sudo would replace.
 * @param {readonly string[]} argv
 * @returns {string[]}
 */
export function asRootHere(argv) {
  const { PATH = '', CI } = toolEnvironment();
  return isRoot() ? [...argv] : asRoot(['env', `PATH=${PATH}`, ...(CI === undefined ? [] : [`CI=${CI}`]), ...argv]);
}

/**
 * Hands what root wrote into the checkout back to the user.
 * @param {readonly string[]} paths
 */
export async function giveBack(paths) {
  const there = paths.map((path) => join(root, path)).filter((path) => existsSync(path));
  if (isRoot() || there.length === 0) return;
  await run(asRoot(['chown', '-R', `${process.getuid?.()}:${process.getgid?.()}`, ...there]));
}

/**
 * Makes sure that commands can run as root; on a terminal sudo may ask for the password once.
 * @param {string} purpose what it is needed for
 */
export function requireRoot(purpose) {
  if (isRoot()) return;
  if (!onPath('sudo')) {
    throw new Problem(`root is needed to ${purpose}, and there is no sudo`, {
      remedy: ['Run this as root, or install sudo and allow it for your user.'],
    });
  }
  if (spawnSync('sudo', ['-n', 'true'], { stdio: 'ignore' }).status === 0) return;
  if (process.stdin.isTTY) {
    console.log(`sudo is used to ${purpose}.`);
    if (spawnSync('sudo', ['-v'], { stdio: 'inherit' }).status === 0) return;
  }
  throw new Problem(`root is needed to ${purpose}, and sudo does not allow it`, {
    remedy: [
      "Run this as root, or in a terminal where sudo can ask for your password, or allow it in sudo's settings.",
    ],
  });
}

/** @param {string} path */
function freeBytes(path) {
  let folder = path;
  while (!existsSync(folder)) folder = dirname(folder);
  const { bavail, bsize } = statfsSync(folder);
  return { folder, bytes: bavail * bsize };
}

/** @type {Step} */
export const diskSpace = {
  name: 'disk space',
  done: () => {
    const needs = [
      { path: join(root, 'node_modules'), what: 'for the JavaScript packages', bytes: CHECKOUT_BYTES },
      { path: '/var/lib/banger', what: 'for images and virtual machines', bytes: STATE_BYTES },
    ].filter(({ path }) => !existsSync(path));
    for (const { path, what, bytes } of needs) {
      const free = freeBytes(path);
      if (free.bytes >= bytes) continue;
      const have = (free.bytes / GIB).toFixed(1);
      throw new Problem(`${free.folder} has ${have} GiB free; ${bytes / GIB} GiB are needed ${what} (${path})`, {
        remedy: ['Free some space there, or mount a larger disk at that path, and run this again.'],
      });
    }
    return true;
  },
  run: async () => {},
};

/** @type {Step} */
export const hostPackages = {
  name: 'host packages',
  done: () => missingPackages().length === 0,
  run: async (say) => {
    const missing = missingPackages();
    const distribution = readDistribution();
    if (!distribution.apt) {
      const lines = missing.map(
        ({ name, program, file, why }) => `${program ?? file}: ${why} (Debian package ${name})`,
      );
      throw new Problem(`this set-up installs packages on Debian and Ubuntu only; here is ${distribution.name}`, {
        remedy: [
          'Install these with your own package manager, then run the command again:',
          ...lines.map((line) => `  ${line}`),
        ],
      });
    }
    const names = missing.map(({ name }) => name);
    requireRoot(`install ${names.join(', ')}`);
    const apt = ['env', 'DEBIAN_FRONTEND=noninteractive', 'LC_ALL=C', 'apt-get', '-q', '-o', 'DPkg::Lock::Timeout=300'];
    const remedy = () => explainNetwork('a Debian mirror', 'deb.debian.org');
    await run(asRoot([...apt, 'update']), { say, failure: 'apt-get could not update its package lists', remedy });
    await run(asRoot([...apt, 'install', '-y', '--no-install-recommends', ...names]), {
      say,
      failure: `apt-get could not install ${names.join(', ')}`,
      remedy,
    });
    const still = missingPackages().map(({ name, program, file }) => `${name} (no ${program ?? file})`);
    if (still.length > 0) throw new Problem(`apt-get succeeded, but these are still missing: ${still.join(', ')}`);
  },
};
