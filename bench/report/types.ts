/** Values of one subject in the order they were measured. */
export interface Series {
  readonly label: string;
  readonly unit: 'ms' | 'MB/s';
  readonly values: readonly number[];
}

/** A figure that has a limit. */
export interface Target {
  readonly what: string;
  readonly value: number;
  readonly limit: number;
  readonly unit: '' | ' MB' | ' %';
  /** What a miss consists of, from the same measurement; shown when there is one. */
  readonly cause: string;
}

/** A single figure without a limit. */
export interface Fact {
  readonly label: string;
  readonly text: string;
}

/** What one measurement found. */
export interface Finding {
  readonly id: string;
  readonly title: string;
  /** How it was measured: what a reader needs to believe it, or to do it again. */
  readonly method: string;
  readonly targets: readonly Target[];
  readonly series: readonly Series[];
  readonly facts: readonly Fact[];
}

export function isMet({ value, limit }: Target): boolean {
  return value <= limit;
}
