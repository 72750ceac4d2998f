import { open, readFile } from 'node:fs/promises';
import type { Accelerator } from './spec.ts';

/** What decides whether KVM can be used. */
export interface KvmFacts {
  /** /dev/kvm: can be opened, does not exist (or has no driver), or is closed to us. */
  readonly device: 'usable' | 'missing' | 'denied';
  /** The CPU has `svm` or `vmx`. A device without it exists on some hosts, and a guest spins for ever in it. */
  readonly cpuSupport: boolean;
}

export async function observeKvm(): Promise<KvmFacts> {
  const [device, cpuinfo] = await Promise.all([openDevice('/dev/kvm'), readFile('/proc/cpuinfo', 'utf8')]);
  return { device, cpuSupport: hasCpuSupport(cpuinfo) };
}

/** Of /proc/cpuinfo. */
export function hasCpuSupport(cpuinfo: string): boolean {
  return /^flags\s*:.*\b(?:svm|vmx)\b/m.test(cpuinfo);
}

export interface AcceleratorChoice {
  readonly accelerator: Accelerator;
  /** For people: why this one. */
  readonly reason: string;
}

/** Pure. `wanted` forces one, whatever was observed. */
export function chooseAccelerator(wanted: Accelerator | 'auto', { device, cpuSupport }: KvmFacts): AcceleratorChoice {
  if (wanted !== 'auto') return { accelerator: wanted, reason: `the configuration asks for ${wanted}` };
  if (device === 'missing') return { accelerator: 'tcg', reason: 'this host has no /dev/kvm' };
  if (device === 'denied') return { accelerator: 'tcg', reason: '/dev/kvm may not be opened' };
  return cpuSupport
    ? { accelerator: 'kvm', reason: '/dev/kvm can be used' }
    : { accelerator: 'tcg', reason: '/dev/kvm is there, but the CPU has neither svm nor vmx' };
}

async function openDevice(path: string): Promise<KvmFacts['device']> {
  try {
    await (await open(path, 'r+')).close();
    return 'usable';
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    return code === 'EACCES' || code === 'EPERM' ? 'denied' : 'missing';
  }
}
