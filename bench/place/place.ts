import { randomBytes, randomInt } from 'node:crypto';
import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { instanceIdOf } from '../../packages/daemon/src/store/open.ts';
import type { Marks } from './census.ts';

/** What a daemon under measurement has to itself: directories, a bridge, an address range. */
export interface Place extends AsyncDisposable {
  readonly directory: string;
  readonly stateDir: string;
  readonly socketPath: string;
  readonly configFile: string;
  readonly logFile: string;
  readonly bridge: string;
  /** For the programs: finds this daemon, and keeps compiled code in the place. */
  readonly environment: NodeJS.ProcessEnv;
}

/**
 * Makes the directory; a daemon makes the rest. Names are unique, so that several may live side by side.
 * @param keptStateDir a state directory that stays; one in the place unless told
 */
export async function makePlace(marks: Marks, keptStateDir?: string): Promise<Place> {
  const directory = await mkdtemp(join(tmpdir(), 'bgb-'));
  const stateDir = keptStateDir ?? join(directory, 'state');
  const runDir = join(directory, 'run');
  const socketPath = join(runDir, 'banger.sock');
  const configFile = join(directory, 'config.toml');
  const bridge = `bgb${randomBytes(3).toString('hex')}`;
  await mkdir(stateDir, { recursive: true, mode: 0o700 });
  marks.directories.push(directory);
  marks.names.push(bridge, instanceIdOf(await realpath(stateDir)));
  await writeFile(
    configFile,
    [
      `state_dir = ${JSON.stringify(stateDir)}`,
      `run_dir = ${JSON.stringify(runDir)}`,
      '[network]',
      `bridge = "${bridge}"`,
      // Room for a thousand guests.
      `cidr = "10.${248 + randomInt(6)}.${randomInt(16) * 16}.0/20"`,
      '',
    ].join('\n'),
  );
  return {
    directory,
    stateDir,
    socketPath,
    configFile,
    logFile: join(directory, 'bangerd.log'),
    bridge,
    environment: {
      PATH: process.env['PATH'],
      HOME: process.env['HOME'],
      LANG: 'C.UTF-8',
      BANGER_SOCKET: socketPath,
      NODE_COMPILE_CACHE: join(directory, 'compile-cache'),
    },
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true, force: true }),
  };
}
