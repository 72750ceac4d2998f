/** Something that can be pulled. Later kinds: `bundle` (URL, digest, size) and `oci` (reference, digest). */
export interface CatalogEntry {
  /** Canonical name, `debian:13`. */
  readonly name: string;
  readonly aliases: readonly string[];
  readonly kind: 'debian';
  readonly description: string;
  /** Debian's code name of the release. */
  readonly suite: string;
}

/** Needs no server of ours: these are built from a Debian mirror on the host. */
export const embeddedCatalog: readonly CatalogEntry[] = [
  {
    name: 'debian:13',
    aliases: ['debian', 'debian:trixie', 'debian:stable', 'debian:latest'],
    kind: 'debian',
    description: 'Debian 13 (trixie), the current stable release, with systemd',
    suite: 'trixie',
  },
  {
    name: 'debian:12',
    aliases: ['debian:bookworm', 'debian:oldstable'],
    kind: 'debian',
    description: 'Debian 12 (bookworm) with systemd',
    suite: 'bookworm',
  },
];

/** The entry of a canonical name or an alias. */
export function findEntry(catalog: readonly CatalogEntry[], ref: string): CatalogEntry | undefined {
  return catalog.find(({ name, aliases }) => name === ref || aliases.includes(ref));
}
