import type { Config } from '../config.ts';
import { finding, judge, ok } from './finding.ts';
import type { Choice, Facts, Finding, KvmFacts } from './types.ts';

/** The oldest QEMU that was tried. The command line is JSON in part, which QEMU takes since 6.2. */
const QEMU_TRIED = [7, 2] as const;
const QEMU_NEEDED = [6, 2] as const;

/** QEMU, KVM, and what was chosen of them; the disk backend. */
export function evaluateMachines(facts: Facts, config: Pick<Config, 'accelerator'>): readonly Finding[] {
  return [
    judge('qemu', facts.qemu, qemu, 'error'),
    judge('kvm', facts.kvm, (kvm) => evaluateKvm(kvm, config)),
    judge('vmm', facts.vmm, (choice) => chosen('vmm', 'VMs run in', choice), 'error'),
    judge('disk', facts.disk, (choice) => chosen('disk', 'disks of VMs are made by', choice), 'error'),
  ];
}

function qemu(version: string): Finding {
  if (!atLeast(version, QEMU_NEEDED)) {
    const remediation = `Install QEMU ${QEMU_NEEDED.join('.')} or newer.`;
    return finding('qemu', 'error', `QEMU ${version} has no machine type that banger can use`, remediation);
  }
  if (atLeast(version, QEMU_TRIED)) return ok('qemu', `QEMU ${version}`);
  const message = `QEMU ${version} is older than what banger was tried with (${QEMU_TRIED.join('.')})`;
  return finding('qemu', 'warning', message, 'Take a newer one if VMs do not start.');
}

function atLeast(version: string, [major, minor]: readonly [number, number]): boolean {
  const [hasMajor = 0, hasMinor = 0] = version.split('.').map(Number);
  return hasMajor > major || (hasMajor === major && hasMinor >= minor);
}

function evaluateKvm({ device, cpuFlag }: KvmFacts, { accelerator }: Pick<Config, 'accelerator'>): Finding {
  if (cpuFlag !== null && device === 'usable') return ok('kvm', `KVM is usable (${cpuFlag})`);
  const level = accelerator === 'kvm' ? 'error' : 'note';
  const forced = accelerator === 'kvm' ? ', but the configuration demands it (accelerator = "kvm")' : '';
  if (cpuFlag === null) {
    const there = device === 'absent' ? '' : ' (/dev/kvm is there, but that alone is no proof)';
    return finding(
      'kvm',
      level,
      `the CPU offers no hardware virtualization${there}, so VMs run in software, several times slower${forced}`,
      'In a virtual machine ask its host for nested virtualization; on hardware switch on VT-x or SVM in the firmware.',
    );
  }
  if (device === 'absent') {
    const module = cpuFlag === 'vmx' ? 'kvm_intel' : 'kvm_amd';
    const remediation = `Run: modprobe ${module} (in a container, start it with --device /dev/kvm).`;
    return finding('kvm', level, `/dev/kvm is missing, though the CPU has ${cpuFlag}${forced}`, remediation);
  }
  return finding('kvm', level, `/dev/kvm may not be opened${forced}`, 'Run as root, or join the group kvm.');
}

function chosen(check: string, what: string, { chosen: name, reason, faster }: Choice): Finding {
  return finding(check, faster === null ? 'ok' : 'note', `${what} ${name}: ${reason}`, faster);
}
