import { access, constants, readFile, stat } from 'node:fs/promises';
import { BangerError } from '../errors.ts';
import { gatherKvm } from './gather-kvm.ts';
import { missingPrograms, readDistribution } from './gather-programs.ts';
import { gatherStateDir } from './gather-state-dir.ts';
import type { DoctorContext, Fact, Facts } from './types.ts';

/**
 * Asks the host, all at once, and changes nothing. What cannot be learnt, also in time, becomes a fact too: it never
 * throws, and ends soon after the signal is aborted.
 */
export async function gather(context: DoctorContext, signal: AbortSignal): Promise<Facts> {
  const { config, paths, probes, searchPath } = context;
  const fact = <T>(ask: () => Promise<T>): Promise<Fact<T>> => toFact(ask, signal);
  const asked = {
    root: fact(() => howToBecomeRoot(context, signal)),
    programs: fact(() => missingPrograms(searchPath)),
    distribution: fact(readDistribution),
    qemu: fact(() => qemuVersion(context, signal)),
    kvm: fact(gatherKvm),
    vmm: fact(() => probes.chooseVmm(signal)),
    tun: fact(() => isCharacterDevice('/dev/net/tun')),
    bridge: fact(() => kernelHas('bridge')),
    nftables: fact(() => nftAnswers(context, signal)),
    forwarding: fact(async () => (await read('/proc/sys/net/ipv4/ip_forward')).trim() === '1'),
    network: fact(() => probes.checkNetwork(signal)),
    disk: fact(() => probes.chooseDisk(signal)),
    stateDir: fact(() => gatherStateDir(paths.stateDir)),
    memoryAvailableBytes: fact(availableMemory),
    socketGroup: fact(async () => hasGroup(await read('/etc/group'), config.socketGroup)),
    daemon: fact(() => probes.daemon(signal)),
    image: fact(() => probes.defaultImage(signal)),
  };
  const platform = { os: process.platform, architecture: process.arch, node: process.versions.node };
  const entries = await Promise.all(Object.entries(asked).map(async ([name, answer]) => [name, await answer] as const));
  return { platform, ...(Object.fromEntries(entries) as unknown as Omit<Facts, 'platform'>) };
}

async function toFact<T>(ask: () => Promise<T>, signal: AbortSignal): Promise<Fact<T>> {
  const { promise: tooLate, reject } = Promise.withResolvers<never>();
  const giveUp = (): void => reject(new Error('no answer in time'));
  signal.addEventListener('abort', giveUp, { once: true });
  try {
    signal.throwIfAborted();
    return { value: await Promise.race([ask(), tooLate]) };
  } catch (error) {
    const remediation = error instanceof BangerError ? (error.remediation ?? null) : null;
    return { unknown: error instanceof Error ? error.message : String(error), remediation };
  } finally {
    signal.removeEventListener('abort', giveUp);
  }
}

const read = (path: string): Promise<string> => readFile(path, 'utf8');

async function exists(path: string): Promise<boolean> {
  return access(path, constants.F_OK).then(
    () => true,
    () => false,
  );
}

async function howToBecomeRoot({ runner }: DoctorContext, signal: AbortSignal): Promise<'root' | 'sudo' | 'none'> {
  if (process.geteuid?.() === 0) return 'root';
  return runner.run(['sudo', '-n', 'true'], { signal, timeoutMs: 10_000 }).then(
    () => 'sudo' as const,
    () => 'none' as const,
  );
}

async function qemuVersion({ config, runner }: DoctorContext, signal: AbortSignal): Promise<string> {
  const program = config.qemuPath ?? 'qemu-system-x86_64';
  const { stdout } = await runner.run([program, '--version'], { signal, timeoutMs: 10_000 });
  const version = parseQemuVersion(stdout);
  if (version === undefined) throw new Error(`${program} --version answers something unknown`);
  return version;
}

/** Of `QEMU emulator version 7.2.22 (Debian 1:7.2+dfsg-7+deb12u18)`. */
export function parseQemuVersion(output: string): string | undefined {
  return /^QEMU emulator version (\d+\.\d+(?:\.\d+)?)/.exec(output)?.[1];
}

async function isCharacterDevice(path: string): Promise<boolean> {
  return (await exists(path)) && (await stat(path)).isCharacterDevice();
}

/** Whether a feature is in the kernel, loaded, or there to be loaded. */
async function kernelHas(module: string): Promise<boolean> {
  if (await exists(`/sys/module/${module}`)) return true;
  const release = (await read('/proc/sys/kernel/osrelease')).trim();
  const lists = ['modules.builtin', 'modules.dep'].map((name) =>
    read(`/lib/modules/${release}/${name}`).catch(() => ''),
  );
  return (await Promise.all(lists)).some((list) => listsModule(list, module));
}

/** Parses modules.builtin and modules.dep: `kernel/net/bridge/bridge.ko.xz: kernel/net/llc/llc.ko.xz`. */
export function listsModule(list: string, module: string): boolean {
  return list.split('\n').some((line) => /([^/]+)\.ko(?:\.\w+)?$/.exec(line.split(':')[0] ?? '')?.[1] === module);
}

async function nftAnswers({ runner }: DoctorContext, signal: AbortSignal): Promise<true> {
  await runner.run(['nft', 'list', 'tables'], { signal, timeoutMs: 10_000, privileged: true });
  return true;
}

async function availableMemory(): Promise<number> {
  const kib = /^MemAvailable:\s+(\d+) kB$/m.exec(await read('/proc/meminfo'))?.[1];
  if (kib === undefined) throw new Error('/proc/meminfo has no MemAvailable');
  return Number(kib) * 1024;
}

export function hasGroup(groupFile: string, name: string): boolean {
  return groupFile.split('\n').some((line) => line.split(':')[0] === name);
}
