import type { DriveSpec } from '../vmm/port.ts';

/** A copy-on-write disk over a read-only origin. Everything is a name that we choose, so it can be found again. */
export interface CloneSpec {
  /** Read-only raw origin (an image's rootfs or work-seed). */
  readonly originPath: string;
  /** Where the disk lives, without extension: `<vm directory>/root`. The adapter adds its own. */
  readonly basePath: string;
  /** Virtual size in bytes, at least the origin's. */
  readonly sizeBytes: number;
  readonly tag: string;
}

export interface Disk {
  readonly path: string;
  readonly format: DriveSpec['format'];
}

/** How disks are cloned on this host. Contract suite: disks/contract.ts */
export interface DiskBackend {
  /** `qcow2`, `reflink`, `copy`; later `device-mapper`. */
  readonly kind: string;
  /** Where the clone of this base path is, whether it exists or not. */
  locate(basePath: string): Disk;
  /** Makes the clone; on failure or abort nothing is left. Must not take time that grows with the origin (except `copy`). */
  clone(spec: CloneSpec, signal: AbortSignal): Promise<Disk>;
  /** Finds a finished clone again from its names; a half-made one counts as absent. */
  find(spec: CloneSpec): Promise<Disk | undefined>;
  /** Removes the clone and any half-made remains; fine when there is nothing. */
  remove(spec: CloneSpec, signal?: AbortSignal): Promise<void>;
}
