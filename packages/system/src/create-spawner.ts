import { spawn } from 'node:child_process';
import { open, rm } from 'node:fs/promises';
import { CommandError } from './command-error.ts';
import type { ProcessIdentity } from './identity.ts';
import type { OutliveOptions, Spawner } from './outlive.ts';
import { readChildIdentity } from './processes.ts';
import type { Argv } from './runner.ts';
import { startFailure } from './start-failure.ts';

export interface SpawnerOptions {
  /** The environment of every process, PATH included; LC_ALL=C is added. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Our effective user id; asked from the kernel unless told. */
  readonly euid?: number;
}

/** The Spawner for real processes. */
export function createSpawner(options: SpawnerOptions): Spawner {
  return { spawnOutliving: (argv, outlive) => spawnOutliving(options, argv, outlive) };
}

async function spawnOutliving(spawner: SpawnerOptions, argv: Argv, options: OutliveOptions): Promise<ProcessIdentity> {
  const euid = spawner.euid ?? process.geteuid?.() ?? 0;
  if (options.privileged === true && euid !== 0) {
    // Behind sudo we would record sudo's identity, and could not signal it: better refuse.
    throw new CommandError({ argv, summary: 'needs root: run as root to start it' });
  }
  const [file, ...args] = argv;
  const log = await open(options.logPath, 'wx', 0o600);
  try {
    const child = spawn(file, args, {
      detached: true,
      stdio: ['ignore', log.fd, log.fd],
      env: { ...spawner.env, ...options.env, LC_ALL: 'C' },
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    });
    // spawn returns after the exec: its failure is known, and the child cannot have been reaped in this turn.
    const identity = child.pid === undefined ? undefined : readChildIdentity(child.pid);
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', reject);
    });
    child.unref();
    if (identity === undefined) throw new Error('the process has no pid');
    return identity;
  } catch (error) {
    await rm(options.logPath, { force: true });
    throw startFailure(argv, options.cwd, error);
  } finally {
    await log.close();
  }
}
