import type { Runner } from '@banger/system';
import type { CensusOptions } from '@banger/testkit';

/** By what a benchmark's own directories, processes, interfaces and rules are known. */
export interface Marks {
  readonly directories: string[];
  /** Bridges and instance ids; the latter are in every name that bangerd gives. */
  readonly names: string[];
}

/** What a benchmark must leave as it was. The marks may grow while it runs; others may change the host meanwhile. */
export function censusOfMarks(runner: Runner, { directories, names }: Marks): CensusOptions {
  const isOurs = (text: string): boolean => [...directories, ...names].some((mark) => text.includes(mark));
  return {
    runner,
    directories,
    processes: ({ argv }) => isOurs(argv.join(' ')),
    only: (_category, entry) => isOurs(entry),
  };
}
