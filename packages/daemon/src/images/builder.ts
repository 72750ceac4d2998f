import type { CatalogEntry } from './catalog.ts';

/** A built image, in the directory that the builder was given. Names are relative to it. */
export interface BuiltImage {
  /** `sha256:<64 hex>` of the root file system. */
  readonly digest: string;
  /** Virtual size of the root file system. */
  readonly sizeBytes: number;
  readonly workSeedBytes: number;
  readonly kernelVersion: string;
  /** Kernel modules for the initramfs, in load order, relative to the directory. */
  readonly modules: readonly string[];
}

export interface BuildContext {
  readonly signal: AbortSignal;
  readonly progress: (message: string, fraction?: number) => void;
}

/**
 * Makes the files of an image: rootfs, work seed, kernel and modules under the names of paths.ts. When it fails or is
 * aborted no process and no mount is left; the directory is its caller's to remove.
 */
export interface ImageBuilder {
  /** @throws BangerError image_build_failed, disk_full, prerequisite_missing */
  build(entry: CatalogEntry, directory: string, context: BuildContext): Promise<BuiltImage>;
}
