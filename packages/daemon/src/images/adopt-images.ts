import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Paths } from '../paths.ts';
import type { Store } from '../store/types.ts';
import { readImageFile } from './image-file.ts';

export interface AdoptImagesOptions {
  readonly store: Store;
  readonly paths: Pick<Paths, 'imagesDir' | 'imageStagingDir' | 'image' | 'trashDir'>;
  /** A directory that is no usable image: shown, never touched. */
  readonly onUnknown: (directory: string, why: string) => void;
}

/**
 * Rebuilds the rows of images whose directory is there but whose row is not; returns their names. Empties the trash.
 * Pulls that were cut off must be undone by then: what they published is not to be adopted.
 */
export async function adoptImages({ store, paths, onUnknown }: AdoptImagesOptions): Promise<readonly string[]> {
  for (const name of await readdir(paths.trashDir)) {
    const path = join(paths.trashDir, name);
    await rm(path, { recursive: true, force: true }).catch((error: unknown) => onUnknown(path, reasonOf(error)));
  }
  for (const name of await readdir(paths.imageStagingDir))
    onUnknown(join(paths.imageStagingDir, name), 'a half-made image that no pull knows');
  const adopted: string[] = [];
  for (const id of await readdir(paths.imagesDir)) {
    if (store.images.get(id)) continue;
    try {
      const { record } = await readImageFile(paths.image(id).manifest);
      if (record.id !== id) throw new Error('its manifest is of another image');
      store.transaction('durable', () => store.images.insert(record));
      adopted.push(record.name);
    } catch (error) {
      onUnknown(paths.image(id).directory, reasonOf(error));
    }
  }
  return adopted;
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
