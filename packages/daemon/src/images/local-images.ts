import type { Result } from '@banger/api-types';
import { BangerError } from '../errors.ts';
import type { Locks } from '../locks/types.ts';
import type { Paths } from '../paths.ts';
import type { Store } from '../store/types.ts';
import { type CatalogEntry, findEntry } from './catalog.ts';
import { discard } from './discard.ts';
import { findLocal, requireLocal, unknownImage } from './references.ts';
import type { ImageRecord } from './types.ts';

export interface LocalImagesOptions {
  readonly store: Store;
  readonly locks: Pick<Locks, 'withImageOps'>;
  readonly paths: Pick<Paths, 'image' | 'trashDir'>;
  readonly catalog: readonly CatalogEntry[];
}

/** The images on this host. */
export class LocalImages {
  readonly #options: LocalImagesOptions;

  constructor(options: LocalImagesOptions) {
    this.#options = options;
  }

  list(): Result<'image.list'> {
    const { store, catalog } = this.#options;
    const images = store.images.list();
    return {
      images: images.map((image) => this.#describe(image)),
      catalog: catalog.map(({ name, aliases, kind, description }) => ({
        name,
        aliases: [...aliases],
        kind,
        description,
        imageId: images.find((image) => image.name === name)?.id ?? null,
      })),
    };
  }

  /** @throws BangerError image_not_found */
  show(ref: string): Result<'image.show'> {
    return this.#describe(this.require(ref));
  }

  find(ref: string): ImageRecord | undefined {
    return findLocal(ref, this.#options.store.images.list(), this.#options.catalog);
  }

  /** @throws BangerError image_not_found */
  require(ref: string): ImageRecord {
    return requireLocal(ref, this.#options.store.images.list(), this.#options.catalog);
  }

  /** Canonical name of a catalog reference. @throws BangerError image_not_found */
  catalogName(ref: string): string {
    const { store, catalog } = this.#options;
    const entry = findEntry(catalog, ref);
    if (!entry) throw unknownImage(ref, store.images.list(), catalog);
    return entry.name;
  }

  /** @throws BangerError image_not_found, image_in_use */
  delete(ref: string, signal: AbortSignal): Promise<Result<'image.delete'>> {
    return this.#options.locks.withImageOps(signal, () => this.#delete(ref));
  }

  async #delete(ref: string): Promise<Result<'image.delete'>> {
    const { store, paths } = this.#options;
    const image = this.require(ref);
    store.transaction('durable', () => {
      const users = this.#users(image.id);
      if (users.length > 0) throw inUse(image, users);
      if (this.#isPulled(image.id)) throw beingPulled(image);
      store.images.delete(image.id);
    });
    await discard(paths.image(image.id).directory, paths.trashDir);
    return { freedBytes: image.storedBytes };
  }

  /** Whether a pull that runs has made the same image again, and counts on the one that is there. */
  #isPulled(imageId: string): boolean {
    const { journal } = this.#options.store;
    const pulls = journal.unfinished().filter(({ kind, state }) => kind === 'image.pull' && state === 'running');
    const outputs = pulls.flatMap(({ id }) =>
      journal.steps(id).map(({ output }) => output as { id?: string } | undefined),
    );
    return outputs.some((output) => output?.id === imageId);
  }

  #describe(image: ImageRecord): Result<'image.show'> {
    return { ...image, usedBy: this.#users(image.id) };
  }

  #users(imageId: string): string[] {
    return this.#options.store.vms.list().flatMap((vm) => (vm.imageId === imageId ? [vm.name] : []));
  }
}

function beingPulled({ name }: ImageRecord): BangerError {
  return new BangerError('image_in_use', `image ${name} is being pulled again`, {
    remediation: 'Try again when the pull has ended.',
  });
}

function inUse({ name }: ImageRecord, users: readonly string[]): BangerError {
  return new BangerError(
    'image_in_use',
    `image ${name} is used by ${users.length === 1 ? 'VM' : 'VMs'} ${users.join(', ')}`,
    {
      remediation: `Delete them first: \`banger vm delete ${users.join(' ')}\`.`,
      details: { users },
    },
  );
}
