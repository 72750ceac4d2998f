import type { BuiltImage } from '@banger/imagemgr';
import type { CatalogEntry } from './catalog.ts';

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
