import { createHash } from 'node:crypto';
import { accessSync, constants, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { asRoot } from './host.mjs';
import { Problem } from './problem.mjs';
import { root, run } from './run.mjs';

const BANGER = join(root, 'packages/banger/bin/banger');
/** Which build the daemon was started from, and its pid. */
const DAEMON_STAMP = join(root, 'node_modules/.banger-setup/daemon');

/** A hash of the built JavaScript of every package. */
function buildFingerprint() {
  const hash = createHash('sha256');
  for (const name of readdirSync(join(root, 'packages')).sort()) {
    const dist = join(root, 'packages', name, 'dist');
    if (!existsSync(dist)) continue;
    for (const file of readdirSync(dist).sort()) {
      if (file.endsWith('.js')) hash.update(`${name}/${file}\0`).update(readFileSync(join(dist, file)));
    }
  }
  return hash.digest('hex');
}

const readStamp = () => (existsSync(DAEMON_STAMP) ? readFileSync(DAEMON_STAMP, 'utf8') : '');

/**
 * The status of a daemon that answers, or undefined.
 * @param {readonly string[]} banger
 * @returns {Promise<{ pid: number, socket: string } | undefined>}
 */
async function daemonStatus(banger) {
  try {
    const status = await run([...banger, 'daemon', 'status', '--json']);
    return /** @type {{ pid: number, socket: string }} */ (JSON.parse(status));
  } catch {
    return undefined; // not running, or too old to speak to: either way it is started anew
  }
}

/** @param {string} path */
function isWritable(path) {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * Sees to it that a daemon of this very build runs. Virtual machines outlive a restart of it.
 * @returns {Promise<string[]>} the command line of banger, with sudo in front where this user may not use the socket
 */
export async function ensureDaemon() {
  const banger = asRoot([BANGER]);
  const build = buildFingerprint();
  let status = await daemonStatus(banger);
  if (status === undefined || readStamp() !== `${build} ${status.pid}`) {
    if (status !== undefined) {
      console.log('- the daemon runs older code and is restarted; its virtual machines go on running');
      await run([...banger, 'daemon', 'stop'], { failure: 'the old daemon could not be stopped' });
    }
    await run([...banger, 'daemon', 'start'], { failure: 'the daemon did not start' });
    status = await daemonStatus(banger);
    if (status === undefined) {
      throw new Problem('the daemon was started but does not answer', {
        remedy: [`See what it says: ${asRoot([BANGER, 'daemon', 'run']).join(' ')}`],
      });
    }
    writeFileSync(DAEMON_STAMP, `${build} ${status.pid}`);
  }
  console.log(`✓ daemon (pid ${status.pid})`);
  return isWritable(status.socket) ? [BANGER] : banger;
}
