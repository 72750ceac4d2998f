import type { ProcessIdentity } from '@banger/system';

/** What a VMM needs to boot a machine. All paths are absolute; `directory` is the VMM's working directory. */
export interface MachineSpec {
  readonly vmId: string;
  /** Owner tag, `banger-<instance>-<vmId>`: appears in the process's argv so that it is found without a record. */
  readonly tag: string;
  /** The VM's own directory; sockets, logs and pid files of the VMM live in it under constant relative names. */
  readonly directory: string;
  readonly vcpus: number;
  readonly memoryMib: number;
  readonly kernelPath: string;
  readonly initramfsPath: string;
  readonly kernelArguments: readonly string[];
  /** In guest order: vda, vdb, ... */
  readonly drives: readonly DriveSpec[];
  readonly tap: string;
  readonly mac: string;
}

export interface DriveSpec {
  readonly id: string;
  readonly path: string;
  readonly format: 'raw' | 'qcow2';
  readonly readOnly: boolean;
}

/** How a VMM process ended, as far as it is known. */
export interface MachineEnd {
  /** A sentence for people: `guest powered off`, `VMM killed by SIGKILL`, ... */
  readonly reason: string;
  /** True when the guest itself asked for it (power off or reboot). */
  readonly requested: boolean;
}

/** A live VMM that this daemon watches. Dropping it (`release`) never ends the VM. */
export interface Machine {
  readonly identity: ProcessIdentity;
  /** Settles once, when the VMM process is gone; noticed by event, within a second. */
  readonly ended: Promise<MachineEnd>;
  /** Kills the VMM and waits until the process is gone. Does nothing when it is gone already. */
  kill(signal?: AbortSignal): Promise<MachineEnd>;
  /** Presses the power button where the VMM has one; false where it has not. */
  powerButton(signal?: AbortSignal): Promise<boolean>;
  /** Lets go of sockets and watches; the VM lives on. */
  release(): void;
}

/** A kind of VMM. Contract suite: vmm/contract.ts */
export interface Vmm {
  readonly kind: 'qemu' | 'firecracker';
  /** For people and `vm show`: `kvm`, `tcg`. */
  readonly accelerator: string;
  readonly diskFormats: readonly DriveSpec['format'][];
  /** Kernel arguments that this VMM needs in front of the caller's. */
  readonly kernelArguments: readonly string[];
  /** Starts the VMM process; resolves once it answers on its control socket. On failure or abort nothing is left. */
  start(spec: MachineSpec, signal: AbortSignal): Promise<Machine>;
  /** Finds the process of `spec.tag` without a record; undefined where there is none. */
  find(spec: Pick<MachineSpec, 'tag' | 'directory'>, signal?: AbortSignal): Promise<ProcessIdentity | undefined>;
  /** Takes over a live VMM after a daemon restart; undefined when that process is gone. */
  adopt(
    spec: Pick<MachineSpec, 'tag' | 'directory'>,
    identity: ProcessIdentity,
    signal?: AbortSignal,
  ): Promise<Machine | undefined>;
}
