import { type Accelerator, chooseAccelerator, type KvmFacts, type QemuVersion, tcgCpuModel } from '@banger/qemuproc';
import type { Config } from '../config.ts';
import { BangerError } from '../errors.ts';

/** What was observed of the host. */
export interface VmmFacts {
  /** Undefined where there is none. */
  readonly qemu: QemuVersion | undefined;
  readonly kvm: KvmFacts;
  readonly tscKhz: number | undefined;
}

export interface VmmPlan {
  readonly accelerator: Accelerator;
  readonly cpuModel: string | undefined;
  readonly tscKhz: number | undefined;
  /** For people: why this one. */
  readonly reason: string;
  /** What would make it faster; null when nothing would. */
  readonly faster: string | null;
}

/** JSON on the command line; Debian 11 has an older one. */
const OLDEST_QEMU = [6, 2] as const;

/**
 * Which VMM runs on a host with these facts. Pure. Firecracker is not there yet, so it is QEMU: with KVM, else TCG.
 * @throws BangerError prerequisite_missing
 */
export function planVmm(
  { accelerator: wanted }: Pick<Config, 'accelerator'>,
  { qemu, kvm, tscKhz }: VmmFacts,
): VmmPlan {
  if (qemu === undefined) throw cannotRun('QEMU is not installed');
  if (isOlder(qemu)) throw cannotRun(`QEMU ${qemu.text} is too old; it takes ${OLDEST_QEMU.join('.')} or newer`);
  const { accelerator, reason } = chooseAccelerator(wanted, kvm);
  const why = `QEMU ${qemu.text}, ${reason}`;
  if (accelerator === 'kvm') return { accelerator, cpuModel: undefined, tscKhz: undefined, reason: why, faster: null };
  const clock = tscKhz === undefined ? '; the clock frequency of this host is unknown, so a boot may hang' : '';
  return {
    accelerator,
    cpuModel: tcgCpuModel(qemu),
    tscKhz,
    reason: `${why}${clock}`,
    faster: 'A host with hardware virtualization (KVM): TCG emulates every instruction of the guest.',
  };
}

function isOlder({ major, minor }: QemuVersion): boolean {
  return major < OLDEST_QEMU[0] || (major === OLDEST_QEMU[0] && minor < OLDEST_QEMU[1]);
}

function cannotRun(why: string): BangerError {
  return new BangerError('prerequisite_missing', `no VMM can run here: ${why}`, {
    remediation: 'Install QEMU (package qemu-system-x86), or set `qemu_path`.',
  });
}
