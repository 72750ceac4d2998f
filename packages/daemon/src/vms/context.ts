import type { Result } from '@banger/api-types';
import type { Capabilities, VmFiles } from '../capabilities/types.ts';
import type { ImageFiles, ImageRecord } from '../images/types.ts';
import type { LockRoot } from '../locks/types.ts';
import type { Json, StepContext } from '../ops/types.ts';
import type { Store } from '../store/types.ts';

type View = Result<'op.status'>;

/** What this room needs of the operations. */
export interface VmOperations {
  begin(kind: string, params: Json, options?: { idempotencyKey?: string | undefined; asked?: Json }): View;
  begunBefore(kind: string, asked: Json, idempotencyKey: string): View | undefined;
  /** Nothing can be begun any more. */
  readonly closing: boolean;
  ended(id: string): Promise<View>;
  abort(vmId: string, kinds: readonly string[], why: string): void;
  stages(id: string): View['stages'];
}

/** What the VM operations need of images. */
export interface ImageSource {
  /** The local image of this reference; pulls it from the catalog first where it is not local. */
  obtain(ref: string, context: StepContext): Promise<ImageRecord>;
  /** Files of a local image, with an initramfs that fits this daemon. */
  files(imageId: string, signal: AbortSignal): Promise<ImageFiles>;
}

/** What the VM operations need of the locks; from a VM's lease on leads the way to the lock of the creation. */
export type VmLocks = Pick<LockRoot, 'vm'>;

/** The part of the host network that decides addresses and names. */
export interface Addressing {
  addresses(): Iterable<string>;
  macOf(vmId: string): string;
  tapOf(vmId: string): string;
}

export interface VmDefaults {
  readonly vcpus: number;
  readonly memoryMib: number;
  readonly diskBytes: number;
  readonly workDiskBytes: number;
  /** How long a guest may take to shut down. */
  readonly stopGraceMs: number;
}

/** Shared by the VM operations; made once in compose.ts. */
export interface VmContext {
  readonly store: Store;
  readonly capabilities: Capabilities;
  readonly images: ImageSource;
  readonly locks: VmLocks;
  readonly addressing: Addressing;
  readonly defaults: VmDefaults;
  readonly adapters: { readonly vmm: string; readonly diskBackend: string };
  readonly filesOf: (vmId: string) => VmFiles;
  readonly now: () => Date;
  /** Cancels the running operations of these kinds on this VM. */
  readonly abortOperations: (vmId: string, kinds: readonly string[], why: string) => void;
  /** Cleans up when a VM counts as running but its VMM has ended (it may end while an operation holds the VM). */
  readonly reapIfDead: (vmId: string) => void;
}
