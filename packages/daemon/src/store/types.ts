import type { ProcessIdentity } from '@banger/system';
import type { ImageRecord } from '../images/types.ts';
import type { Json, PlannedStep, RecordedError, RecordedOperation, RecordedStep } from '../ops/types.ts';

export type VmState = 'creating' | 'stopped' | 'starting' | 'running' | 'stopping' | 'deleting';

export interface VmRecord {
  readonly id: string;
  readonly name: string;
  readonly state: VmState;
  readonly stateReason: string | null;
  readonly imageId: string;
  readonly imageName: string;
  readonly vcpus: number;
  readonly memoryMib: number;
  readonly diskBytes: number;
  readonly workDiskBytes: number;
  readonly guestIp: string;
  readonly mac: string;
  readonly tap: string;
  /** Which adapters made it: `qemu`, `qcow2`; a VM keeps its disk backend for life. */
  readonly vmm: string;
  readonly diskBackend: string;
  /** OpenSSH public key line of the guest's host key. */
  readonly hostPublicKey: string;
  /** The VMM process while it lives. */
  readonly process: ProcessIdentity | null;
  /** The last create, start or restart operation: its stages are the boot times. */
  readonly bootOperation: string | null;
  readonly createdAt: string;
  readonly startedAt: string | null;
  readonly stoppedAt: string | null;
}

/** Synchronous; each method is one statement or belongs to the caller's `transaction`. */
export interface Store {
  readonly instanceId: string;
  readonly vms: VmTable;
  readonly images: ImageTable;
  readonly journal: Journal;
  /** `durable` commits with synchronous=FULL (begin, commit, delete); else NORMAL: survives kill -9. Nesting is a defect and throws. */
  transaction<T>(durability: 'durable' | 'normal', body: () => T): T;
  close(): void;
}

export interface VmTable {
  /** @throws BangerError vm_name_taken when the name is used. */
  insert(vm: VmRecord): void;
  update(id: string, change: Partial<Omit<VmRecord, 'id'>>): void;
  delete(id: string): void;
  get(id: string): VmRecord | undefined;
  /** By name, in order of names. */
  list(): readonly VmRecord[];
  /** Exact name, exact id, or unique prefix of either: all that fit (exact matches win alone). */
  match(ref: string): readonly VmRecord[];
  usedAddresses(): ReadonlySet<string>;
  countByImage(imageId: string): number;
}

export interface ImageTable {
  insert(image: ImageRecord): void;
  delete(id: string): void;
  get(id: string): ImageRecord | undefined;
  /** Newest first. */
  list(): readonly ImageRecord[];
}

export interface IdempotencyRecord {
  readonly key: string;
  readonly paramsDigest: string;
  readonly operation: string;
}

export interface Journal {
  insert(operation: RecordedOperation): void;
  update(
    id: string,
    change: Partial<Omit<RecordedOperation, 'id' | 'kind' | 'subject' | 'params' | 'startedAt'>>,
  ): void;
  get(id: string): RecordedOperation | undefined;
  /** Neither succeeded, failed nor cancelled: oldest first. */
  unfinished(): readonly RecordedOperation[];
  planSteps(operation: string, steps: readonly PlannedStep[]): void;
  steps(operation: string): readonly RecordedStep[];
  updateStep(
    operation: string,
    seq: number,
    change: Partial<Pick<RecordedStep, 'state' | 'output' | 'durationMs'>>,
  ): void;
  /** Kept 24 hours; an expired key is unknown. */
  findKey(key: string, now: Date): IdempotencyRecord | undefined;
  bindKey(record: IdempotencyRecord, now: Date): void;
  /** Ended operations older than `before` and expired keys go; operations that a VM names as its boot operation stay. */
  prune(before: Date): void;
}

export type { ImageRecord, Json, RecordedError, RecordedOperation, RecordedStep };
