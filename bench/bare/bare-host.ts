import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Result } from '@banger/api-types';
import type { Runner } from '@banger/system';
import type { Place } from '../place/place.ts';
import { type TimedProcess, timeProcess } from '../timed-process.ts';

/** One VM made by the script, with the command's output. */
export interface BareRun extends TimedProcess {
  /** From the script's start to the end of each stage's work, in milliseconds: the time of each stage alone. */
  readonly stages: readonly { readonly name: string; readonly durationMs: number }[];
}

/** Where the script makes its VMs: a bridge and a directory of its own, beside a daemon's. */
export interface BareHost extends AsyncDisposable {
  run(command: string): Promise<BareRun>;
}

const script = fileURLToPath(new URL('./bare-vm.sh', import.meta.url));

/**
 * A baseline that is like a VM of banger in everything that takes time: same image, sizes and QEMU command line.
 * @param like a VM of the daemon in `place`, while it runs
 */
export async function makeBareHost(runner: Runner, place: Place, like: Result<'vm.show'>): Promise<BareHost> {
  const directory = join(place.directory, 'bare');
  const [bridge, tap] = [`${place.bridge}b`, `${place.bridge}t`];
  const network = `10.255.${Number.parseInt(place.bridge.slice(-2), 16)}`;
  await mkdir(directory, { recursive: true });
  const command = await commandLine(like, { directory, tap });
  const image = join(place.stateDir, 'images', like.imageId);
  const ip = (...args: string[]) => runner.run(['ip', ...args], { privileged: true });
  await ip('link', 'add', bridge, 'type', 'bridge');
  await ip('address', 'add', `${network}.1/24`, 'dev', bridge);
  await ip('link', 'set', bridge, 'up');
  const environment = {
    PATH: place.environment['PATH'],
    LC_ALL: 'C',
    DIRECTORY: directory,
    DISK: like.disk,
    ROOT_IMAGE: join(image, 'rootfs.ext4'),
    ROOT_BYTES: String(like.diskBytes),
    WORK_IMAGE: join(image, 'work-seed.ext4'),
    WORK_BYTES: String(like.workDiskBytes),
    CLIENT_KEY: join(place.stateDir, 'client_ed25519'),
    MACHINE_ID: like.id + like.id,
    ADDRESS: `${network}.2`,
    GATEWAY: `${network}.1`,
    MTU: '1500',
    BRIDGE: bridge,
    TAP: tap,
  };
  return {
    async run(guestCommand) {
      const timed = await timeProcess([script, guestCommand, ...command], { environment });
      return { ...timed, stages: parseStages(await readFile(join(directory, 'stages'), 'utf8')) };
    },
    async [Symbol.asyncDispose]() {
      await ip('link', 'delete', bridge);
    },
  };
}

/** QEMU's command line as the running VM has it, for another directory, TAP and name. */
async function commandLine(
  like: Result<'vm.show'>,
  own: { readonly directory: string; readonly tap: string },
): Promise<string[]> {
  const argv = (await readFile(`/proc/${like.pid}/cmdline`, 'utf8')).split('\0').slice(0, -1);
  const tag = argv[argv.indexOf('-name') + 1] ?? '';
  return argv.map((word) =>
    word.replaceAll(like.directory, own.directory).replaceAll(like.tap, own.tap).replaceAll(tag, `${own.tap}-bare`),
  );
}

/** Lines of a name and the end of that stage in seconds since 1970. */
function parseStages(text: string): BareRun['stages'] {
  const ends = text
    .trim()
    .split('\n')
    .map((line) => line.split(' '))
    .map(([name = '', seconds]) => ({ name, endMs: Number(seconds) * 1000 }));
  return ends.slice(1).map(({ name, endMs }, index) => ({ name, durationMs: endMs - (ends[index]?.endMs ?? endMs) }));
}
