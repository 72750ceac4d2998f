import type { ErrorCode } from '@banger/api-types';
import {
  type Accelerator,
  adoptMicrovm,
  findMicrovm,
  type Microvm,
  QemuError,
  type QemuErrorCode,
  type QemuHost,
  startMicrovm,
} from '@banger/qemuproc';
import { BangerError } from '../errors.ts';
import type { Machine, MachineSpec, Vmm } from './port.ts';

export interface QemuVmmOptions {
  readonly host: QemuHost;
  readonly qemuPath: string;
  readonly accelerator: Accelerator;
  /** `-cpu`; the accelerator's usual one unless told. */
  readonly cpuModel?: string | undefined;
  /** Frequency of the host's time stamp counter in kHz, where it is known. */
  readonly tscKhz?: number | undefined;
}

/** QEMU microvm as a VMM of the daemon. */
export function qemuVmm({ host, qemuPath, accelerator, cpuModel, tscKhz }: QemuVmmOptions): Vmm {
  return {
    kind: 'qemu',
    accelerator,
    diskFormats: ['raw', 'qcow2'],
    kernelArguments: kernelArguments(accelerator, tscKhz),
    async start({ vmId: _, tap, mac, ...spec }: MachineSpec, signal) {
      const network = { tap, mac };
      // Privileged: the TAP devices and the disks are root's.
      const microvmSpec = { ...spec, network, qemuPath, accelerator, cpuModel, privileged: true };
      return await explained(async () => machineOf(await startMicrovm(host, microvmSpec, { signal })));
    },
    async find(place, signal) {
      signal?.throwIfAborted();
      return await findMicrovm(host.processes, place);
    },
    async adopt(place, identity, signal) {
      const microvm = await adoptMicrovm(host.processes, place, identity, { signal });
      return microvm && machineOf(microvm);
    },
  };
}

/** Of qemu-system-x86_64 under TCG: 4.4 s to user space without them, 3.3 s with them (Debian 13's cloud kernel). */
function kernelArguments(accelerator: Accelerator, tscKhz: number | undefined): string[] {
  const common = [
    ...['console=ttyS0', 'quiet'],
    // A reboot ends the VMM (`-no-reboot`), and a panic is a reboot: no guest hangs for ever.
    ...['panic=-1', 'reboot=t'],
    'net.ifnames=0',
    // The self-tests of the kernel's ciphers take a quarter of a boot under TCG.
    'cryptomgr.notests=1',
  ];
  if (accelerator === 'kvm' || tscKhz === undefined) return common;
  // Under TCG the guest's counter is the host's. Its own calibration fails at random, and then it spins for ever; its
  // watchdog takes lost ticks of a busy host for a bad counter, and goes on with a clock that loses a tenth.
  return [...common, `tsc_early_khz=${tscKhz}`, 'tsc=reliable'];
}

function machineOf(microvm: Microvm): Machine {
  return {
    identity: microvm.identity,
    ended: microvm.ended,
    kill: (signal) => microvm.kill(signal),
    async powerButton(signal) {
      await explained(() => microvm.powerdown({ signal }));
      return true;
    },
    release: () => microvm.release(),
  };
}

const codes: Partial<Record<QemuErrorCode, ErrorCode>> = {
  qemu_missing: 'prerequisite_missing',
  kvm_unusable: 'prerequisite_missing',
  tap_unusable: 'network_conflict',
  tap_busy: 'network_conflict',
  qmp_timeout: 'timeout',
  qmp_closed: 'vm_died',
};

const remedies: Partial<Record<QemuErrorCode, string>> = {
  qemu_missing: 'Install QEMU (package qemu-system-x86), or set `qemu_path`.',
  kvm_unusable: 'Set `accelerator = "auto"`, or make /dev/kvm usable.',
  out_of_memory: 'Ask for less memory, or stop other VMs.',
  tap_unusable: 'Restart the VM: its TAP device is made anew.',
  tap_busy: 'Another process holds the TAP device; `ip -details link` shows it.',
  file_locked: 'Another process has the disk open; `fuser` shows which.',
};

/** What QEMU says, with our codes and remedies. */
async function explained<T>(act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (!(error instanceof QemuError)) throw error;
    const remediation = remedies[error.code];
    throw new BangerError(codes[error.code] ?? 'command_failed', error.message, {
      ...(remediation !== undefined && { remediation }),
      ...(error.log !== undefined && { details: { lines: error.log.trimEnd().split('\n').slice(-10) } }),
      cause: error,
    });
  }
}
