import type { Runner } from '@banger/system';

export const categories = [
  'processes',
  'links',
  'nftables',
  'loopDevices',
  'dmDevices',
  'mounts',
  'cgroups',
  'namespaces',
  'files',
] as const;

export type Category = (typeof categories)[number];

export interface CensusProcess {
  readonly pid: number;
  readonly argv: readonly string[];
  readonly uid: number;
}

export interface CensusOptions {
  readonly runner: Runner;
  /** Which processes count, for example those with an owner tag in their argv; none unless told. */
  readonly processes?: (process: CensusProcess) => boolean;
  /** Directory trees to count, every entry of them. */
  readonly directories?: readonly string[];
  /** Keeps only entries that concern the test, where other programs change the host meanwhile. */
  readonly only?: (category: Category, entry: string) => boolean;
  /** All unless told. */
  readonly categories?: readonly Category[];
}

/** What is there: an identifying line per resource, and a longer description of it. */
export type Entries = ReadonlyMap<string, string>;

export interface Census {
  readonly entries: Readonly<Partial<Record<Category, Entries>>>;
  /** Categories that could not be counted here, and why. */
  readonly skipped: Readonly<Partial<Record<Category, string>>>;
}
