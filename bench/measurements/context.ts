import type { Finding } from '../report/types.ts';

/** What every measurement is given. */
export interface BenchContext {
  /** Fewer runs: for a look, not for the record. */
  readonly quick: boolean;
  readonly signal: AbortSignal;
  /** Says what is being done, for people who wait. */
  readonly say: (text: string) => void;
  /** Keeps a finding, whatever becomes of those that follow. */
  readonly record: (finding: Finding) => void;
}

/** How often something runs: in full, or for a look. */
export function runsOf({ quick }: BenchContext, full: number, short: number): number {
  return quick ? short : full;
}
