import type { Runner } from '@banger/system';
import type { Config } from '../config.ts';
import type { NetworkFinding } from '../network/types.ts';
import type { Paths } from '../paths.ts';

export type Level = 'ok' | 'note' | 'warning' | 'error';

/** One answer of the doctor, as the wire has it. */
export interface Finding {
  /** Stable identifier, for example `kvm`. */
  readonly check: string;
  readonly level: Level;
  readonly message: string;
  readonly remediation: string | null;
}

export interface Report {
  /** No finding is an error. */
  readonly ok: boolean;
  readonly findings: readonly Finding[];
}

/** What was chosen for this host and why. */
export interface Choice {
  /** For example `qemu with tcg`, `qcow2`. */
  readonly chosen: string;
  readonly reason: string;
  /** What would make it faster; null when nothing would. */
  readonly faster: string | null;
}

export type DaemonState =
  | { readonly state: 'running'; readonly pid: number }
  | { readonly state: 'absent' }
  /** Something is there, but it does not answer, or we may not ask. */
  | { readonly state: 'unreachable'; readonly reason: string; readonly pid?: number };

export type ImageState =
  | { readonly state: 'local' }
  | { readonly state: 'catalog' }
  | { readonly state: 'unknown'; readonly available: readonly string[] };

/** What other rooms know, wired by compose. Each may throw: the doctor makes a finding of it. */
export interface Probes {
  /** @throws BangerError prerequisite_missing when no VMM can run here. */
  chooseVmm(signal: AbortSignal): Promise<Choice>;
  /** @throws BangerError prerequisite_missing when no disk backend can work here. */
  chooseDisk(signal: AbortSignal): Promise<Choice>;
  checkNetwork(signal: AbortSignal): Promise<readonly NetworkFinding[]>;
  daemon(signal: AbortSignal): Promise<DaemonState>;
  /** Whether the image of `defaults.image` is there or can be had. */
  defaultImage(signal: AbortSignal): Promise<ImageState>;
}

export interface DoctorContext {
  readonly config: Config;
  readonly paths: Paths;
  readonly runner: Runner;
  /** Directories in which programs are looked for: the `PATH` of the daemon. */
  readonly searchPath: readonly string[];
  readonly probes: Probes;
}

/** A fact of the host, or why it is not known. */
export type Fact<T> = { readonly value: T } | { readonly unknown: string; readonly remediation: string | null };

/** All that the findings are made of. */
export interface Facts {
  readonly platform: PlatformFacts;
  readonly root: Fact<'root' | 'sudo' | 'none'>;
  readonly programs: Fact<readonly MissingProgram[]>;
  /** For example `Debian GNU/Linux 12`, and whether apt is its way to packages. */
  readonly distribution: Fact<{ readonly name: string; readonly hasApt: boolean }>;
  readonly qemu: Fact<string>;
  readonly kvm: Fact<KvmFacts>;
  readonly vmm: Fact<Choice>;
  readonly tun: Fact<boolean>;
  readonly bridge: Fact<boolean>;
  readonly nftables: Fact<true>;
  readonly forwarding: Fact<boolean>;
  readonly network: Fact<readonly NetworkFinding[]>;
  readonly disk: Fact<Choice>;
  readonly stateDir: Fact<StateDirFacts>;
  readonly memoryAvailableBytes: Fact<number>;
  readonly socketGroup: Fact<boolean>;
  readonly daemon: Fact<DaemonState>;
  readonly image: Fact<ImageState>;
}

export interface PlatformFacts {
  readonly os: string;
  readonly architecture: string;
  /** Version of the running Node.js, `24.21.0`. */
  readonly node: string;
}

export interface MissingProgram {
  readonly name: string;
  /** Distribution package that has it. */
  readonly package: string;
  /** Continues the name: "mmdebstrap builds Debian images". */
  readonly why: string;
}

export interface KvmFacts {
  readonly device: 'usable' | 'forbidden' | 'absent';
  /** Which kind of hardware virtualization the CPU offers. */
  readonly cpuFlag: 'vmx' | 'svm' | null;
}

export interface StateDirFacts {
  readonly exists: boolean;
  /** The directory itself or, where it is not there yet, the nearest one above it. */
  readonly lookedAt: string;
  /** Permission bits. */
  readonly mode: number;
  readonly ownedByUs: boolean;
  /** `ext4`, `tmpfs`, ...; a number in hexadecimal where we have no name. */
  readonly fileSystem: string;
  readonly freeBytes: number;
}
