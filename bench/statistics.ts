/** What a series of measured values says. */
export interface Summary {
  readonly count: number;
  readonly least: number;
  readonly quarter: number;
  readonly median: number;
  readonly threeQuarters: number;
  readonly p99: number;
  readonly most: number;
}

/** @throws Error when there is no value */
export function summarize(values: readonly number[]): Summary {
  const at = (share: number): number => quantile(values, share);
  return {
    count: values.length,
    least: at(0),
    quarter: at(0.25),
    median: at(0.5),
    threeQuarters: at(0.75),
    p99: at(0.99),
    most: at(1),
  };
}

/** @throws Error when there is no value */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/**
 * The value below which this share of the values lies, between neighbours in proportion: definition 7 of Hyndman and
 * Fan, Sample Quantiles in Statistical Packages, 1996.
 */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const place = (sorted.length - 1) * share;
  const below = sorted[Math.floor(place)];
  const above = sorted[Math.ceil(place)];
  if (below === undefined || above === undefined) throw new Error('there is no value to summarize');
  return below + (above - below) * (place - Math.floor(place));
}
