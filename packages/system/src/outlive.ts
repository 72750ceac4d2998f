import type { ProcessIdentity } from './identity.ts';
import type { Argv } from './runner.ts';

export interface OutliveOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** stdout and stderr go to this file (created new, mode 0600). stdin is /dev/null. */
  readonly logPath: string;
  readonly privileged?: boolean;
}

/** Starts a process in a session of its own that survives its starter; resolves once it has been exec'ed. */
export interface Spawner {
  spawnOutliving(argv: Argv, options: OutliveOptions): Promise<ProcessIdentity>;
}
