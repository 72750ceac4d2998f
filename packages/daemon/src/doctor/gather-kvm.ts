import { access, constants, readFile } from 'node:fs/promises';
import type { KvmFacts } from './types.ts';

/** Having /dev/kvm is no proof: without vmx or svm in the CPU a stock guest kernel may spin in it for ever. */
export async function gatherKvm(): Promise<KvmFacts> {
  return { device: await kvmDevice('/dev/kvm'), cpuFlag: findCpuFlag(await readFile('/proc/cpuinfo', 'utf8')) };
}

async function kvmDevice(path: string): Promise<KvmFacts['device']> {
  try {
    await access(path, constants.R_OK | constants.W_OK);
    return 'usable';
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'absent' : 'forbidden';
  }
}

/** Parses the flags of /proc/cpuinfo. */
export function findCpuFlag(cpuinfo: string): KvmFacts['cpuFlag'] {
  const flags = /^flags\s*:(.*)$/m.exec(cpuinfo)?.[1]?.trim().split(/\s+/) ?? [];
  return (['vmx', 'svm'] as const).find((flag) => flags.includes(flag)) ?? null;
}
