import { BangerError } from '../errors.ts';
import { nearest } from '../nearest.ts';
import { type CatalogEntry, findEntry } from './catalog.ts';
import type { ImageRecord } from './types.ts';

const SHORTEST_ID_PREFIX = 4;

/**
 * The local image that a reference means: by name or alias the newest of that name, else by id or a unique prefix
 * of at least four digits.
 */
export function findLocal(
  ref: string,
  images: readonly ImageRecord[],
  catalog: readonly CatalogEntry[],
): ImageRecord | undefined {
  const name = findEntry(catalog, ref)?.name ?? ref;
  // The table lists the newest first.
  const named = images.find((image) => image.name === name);
  if (named) return named;
  const fitting = ref.length < SHORTEST_ID_PREFIX ? [] : images.filter(({ id }) => id.startsWith(ref.toLowerCase()));
  return fitting.length === 1 ? fitting[0] : undefined;
}

/** @throws BangerError image_not_found with a suggestion where one is near */
export function requireLocal(
  ref: string,
  images: readonly ImageRecord[],
  catalog: readonly CatalogEntry[],
): ImageRecord {
  const image = findLocal(ref, images, catalog);
  if (image) return image;
  const entry = findEntry(catalog, ref);
  if (!entry) throw unknownImage(ref, images, catalog);
  throw new BangerError('image_not_found', `image ${entry.name} is in the catalog but not on this host`, {
    remediation: `Get it with \`banger image pull ${ref}\`.`,
  });
}

export function unknownImage(
  ref: string,
  images: readonly ImageRecord[],
  catalog: readonly CatalogEntry[],
): BangerError {
  const known = [
    ...catalog.flatMap(({ name, aliases }) => [name, ...aliases]),
    ...images.flatMap(({ name, id }) => [name, id]),
  ];
  const meant = nearest(ref, known);
  return new BangerError('image_not_found', `no image is called ${ref}`, {
    remediation: `${meant ? `Did you mean ${meant}? ` : ''}\`banger image list\` shows local images and the catalog.`,
    details: { image: ref, ...(meant && { suggestion: meant }) },
  });
}
