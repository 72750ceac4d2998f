import type { ImageFiles } from '../images/types.ts';
import type { AnyStepType, PlannedStep } from '../ops/types.ts';
import type { VmPaths } from '../paths.ts';
import type { VmRecord } from '../store/types.ts';
import type { Machine } from '../vmm/port.ts';

/** Something that hinders a start, with its remedy. */
export interface Finding {
  readonly message: string;
  readonly remediation: string;
}

/** What a capability plans from: recorded facts of one VM, and the files of its image. */
export interface StartContext {
  readonly vm: VmRecord;
  readonly image: ImageFiles;
}

export interface StopContext {
  readonly vm: VmRecord;
  /** Time the guest has to shut down by itself; null ends it at once. */
  readonly graceMs: number | null;
}

/**
 * What contributes steps to the life of a VM. Steps of `provision` and `start` can be undone;
 * steps of `stop` and `destroy` are safe to repeat and undo to nothing.
 */
export interface Capability {
  readonly name: string;
  /** Names of capabilities whose start steps come before. Stop and destroy run in reverse. */
  readonly after: readonly string[];
  /** Everything that its steps are made of, for the journal. */
  readonly stepTypes: readonly AnyStepType[];
  /** What would make a start fail; changes nothing. */
  check?(signal: AbortSignal): Promise<readonly Finding[]>;
  /** Once in a VM's life, before its first start. */
  provision?(context: StartContext): readonly PlannedStep[];
  start?(context: StartContext): readonly PlannedStep[];
  stop?(context: StopContext): readonly PlannedStep[];
  /** On delete, after stop. */
  destroy?(vm: VmRecord): readonly PlannedStep[];
}

/** Names inside a VM's own directory. */
export type VmFiles = Pick<
  VmPaths,
  'directory' | 'rootDisk' | 'workDisk' | 'seed' | 'hostKey' | 'hostKeyPublic' | 'manifest' | 'consoleLog'
>;

/** The capabilities of a daemon in their order, and the step lists that follow from it. */
export interface Capabilities {
  readonly ordered: readonly Capability[];
  provision(context: StartContext): PlannedStep[];
  start(context: StartContext): PlannedStep[];
  stop(context: StopContext): PlannedStep[];
  destroy(vm: VmRecord): PlannedStep[];
  /**
   * Checks everything that a start needs before anything is changed.
   * @throws BangerError prerequisite_missing with all findings at once.
   */
  preflight(signal: AbortSignal): Promise<void>;
}

/** The live machines of this process; the daemon watches them. */
export interface Machines {
  get(vmId: string): Machine | undefined;
  attach(vmId: string, machine: Machine): void;
  detach(vmId: string): void;
}
