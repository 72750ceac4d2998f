import type { Config } from '../config.ts';
import type { PathOptions } from '../paths.ts';
import { checkSocketPaths } from '../paths.ts';
import { finding, judge, ok } from './finding.ts';
import type { Facts, Finding, StateDirFacts } from './types.ts';

const GIB = 2 ** 30;
/** A first image takes about 0.5 GiB while it is built, and a VM's disks grow from nothing. */
const SPACE_NEEDED_BYTES = GIB;
const SPACE_COMFORTABLE_BYTES = 5 * GIB;
/** What a VMM takes beside the memory of its guest. */
const VMM_OVERHEAD_BYTES = 128 * 2 ** 20;

/** State directory, space, memory, socket paths. */
export function evaluateState(facts: Facts, config: Pick<Config, 'defaults'> & PathOptions): readonly Finding[] {
  return [
    judge('state-dir', facts.stateDir, (dir) => stateDir(dir, config.stateDir), 'error'),
    judge('space', facts.stateDir, space),
    judge('memory', facts.memoryAvailableBytes, (bytes) => memory(bytes, config)),
    socketPath(config),
  ];
}

function stateDir({ exists, mode, ownedByUs, fileSystem }: StateDirFacts, path: string): Finding {
  const check = 'state-dir';
  const elsewhere = 'Set state_dir to a directory on a local file system (ext4, xfs, btrfs).';
  if (['nfs', 'cifs', 'smb', '9p'].includes(fileSystem)) {
    return finding(
      check,
      'error',
      `${path} is on ${fileSystem}, where neither the database nor disks are safe`,
      elsewhere,
    );
  }
  if (exists && !ownedByUs) {
    return finding(check, 'error', `${path} belongs to another user`, 'Run as its owner, or set another state_dir.');
  }
  if (exists && (mode & 0o022) !== 0) {
    return finding(check, 'error', `others may write to ${path}`, `Run: chmod go-w ${path}`);
  }
  if (fileSystem === 'tmpfs') {
    return finding(check, 'warning', `${path} is in memory (tmpfs): images and VMs are gone after a reboot`, elsewhere);
  }
  if (fileSystem === 'fuse') return finding(check, 'warning', `${path} is on fuse, which is slow for disks`, elsewhere);
  return ok(check, exists ? `${path} on ${fileSystem}` : `${path} will be made at the first start, on ${fileSystem}`);
}

function space({ freeBytes, lookedAt }: StateDirFacts): Finding {
  const message = `${gib(freeBytes)} GiB are free in ${lookedAt}`;
  if (freeBytes >= SPACE_COMFORTABLE_BYTES) return ok('space', message);
  const level = freeBytes < SPACE_NEEDED_BYTES ? 'error' : 'warning';
  return finding('space', level, `only ${message}`, 'Free some space, or set state_dir to a larger file system.');
}

function memory(available: number, { defaults }: Pick<Config, 'defaults'>): Finding {
  const message = `${gib(available)} GiB of memory are available`;
  const wanted = defaults.memoryMib * 2 ** 20 + VMM_OVERHEAD_BYTES;
  if (available >= wanted) return ok('memory', message);
  return finding(
    'memory',
    'warning',
    `only ${message}, a VM of default size may use ${gib(wanted)}`,
    'End what is not needed, or make VMs smaller (defaults.memory, or --memory).',
  );
}

function socketPath(options: PathOptions): Finding {
  const [first] = checkSocketPaths(options);
  if (first === undefined) return ok('socket-path', 'all socket paths are short enough');
  const { path, key, excessBytes } = first;
  return finding(
    'socket-path',
    'error',
    `the socket path ${path} is too long`,
    `Make ${key} ${excessBytes} bytes shorter.`,
  );
}

const gib = (bytes: number): string => (bytes / GIB).toFixed(1);
