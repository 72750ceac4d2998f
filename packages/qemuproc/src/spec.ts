/** A machine to start. Paths are absolute. */
export interface MicrovmSpec {
  /** The QEMU program: a path, or a name that is on the Spawner's PATH. `qemu-system-x86_64` unless told. */
  readonly qemuPath?: string | undefined;
  /** Owner tag: letters, digits, `.`, `_`, `-`. Becomes the argument of `-name`, by which `findMicrovm` finds it. */
  readonly tag: string;
  /** Working directory of QEMU, the machine's own: the files of `microvmFiles` are made in it. */
  readonly directory: string;
  readonly accelerator: Accelerator;
  /** `-cpu`; `host` under KVM and `max` under TCG unless told. See `tcgCpuModel`. */
  readonly cpuModel?: string | undefined;
  readonly vcpus: number;
  readonly memoryMib: number;
  /** ELF with a PVH entry (fastest) or bzImage. */
  readonly kernelPath: string;
  readonly initramfsPath?: string | undefined;
  readonly kernelArguments: readonly string[];
  /** In guest order: vda, vdb, ... */
  readonly drives: readonly MicrovmDrive[];
  readonly network?: MicrovmNetwork | undefined;
  /** Start with the CPUs stopped (`-S`). */
  readonly paused?: boolean | undefined;
  /** The Spawner must start QEMU as root. */
  readonly privileged?: boolean | undefined;
}

export type Accelerator = 'kvm' | 'tcg';

export interface MicrovmDrive {
  /** Node name in QEMU: a letter, then letters, digits, `.`, `_`, `-`; unique per machine. */
  readonly id: string;
  readonly path: string;
  readonly format: 'raw' | 'qcow2';
  readonly readOnly: boolean;
}

export interface MicrovmNetwork {
  /** An existing TAP device that this process may open. */
  readonly tap: string;
  readonly mac: string;
}

/** Where a machine lives, which is all that finding and adopting it needs. */
export interface MicrovmPlace {
  readonly tag: string;
  readonly directory: string;
}

/** Names in the machine's directory. */
export const microvmFiles = {
  /** Control socket; QEMU serves one connection at a time. */
  qmpSocket: 'qmp.sock',
  pidFile: 'vmm.pid',
  /** What the guest writes to its serial console. */
  consoleLog: 'console.log',
  /** What QEMU itself says; numbered from 1, the last three starts are kept. */
  vmmLog: (start: number): string => `vmm-${start}.log`,
} as const;

/** microvm has 8 virtio transports; one is for the network, one for the random number generator. */
export const MAX_DRIVES = 6;
