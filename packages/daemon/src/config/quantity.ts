/** Binary units; `K`, `M`, `G`, `T` alone mean them too, decimal ones do not exist here. */
const sizeUnits = { B: 1, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30, TiB: 2 ** 40 } as const;
const durationUnits = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** Bytes of `2GiB`, `1.5 GiB`, `512M`; undefined for anything else, also for what is no whole number of bytes. */
export function parseSize(text: string): number | undefined {
  const match = /^(\d{1,9}(?:\.\d{1,3})?)\s*(?:([KMGT])(?:i?B)?|B)$/i.exec(text.trim());
  if (match === null) return undefined;
  const unit = match[2] === undefined ? 1 : sizeUnits[`${match[2].toUpperCase()}iB` as keyof typeof sizeUnits];
  return wholeNumber(Number(match[1]) * unit);
}

/** Milliseconds of `30s`, `1.5h`, `250ms`; undefined for anything else. */
export function parseDuration(text: string): number | undefined {
  const match = /^(\d{1,9}(?:\.\d{1,3})?)\s*(ms|s|m|h|d)$/.exec(text.trim());
  if (match === null) return undefined;
  return wholeNumber(Number(match[1]) * durationUnits[match[2] as keyof typeof durationUnits]);
}

/** In the largest unit that needs no fraction: `8GiB`, `1500MiB`. */
export const formatSize = (bytes: number): string => inLargestUnit(bytes, sizeUnits);
export const formatDuration = (ms: number): string => inLargestUnit(ms, durationUnits);

function inLargestUnit(value: number, units: Readonly<Record<string, number>>): string {
  const largest = Object.entries(units).findLast(([, factor]) => value % factor === 0 && value >= factor);
  const [name, factor] = largest ?? Object.entries(units)[0] ?? ['', 1];
  return `${value / factor}${name}`;
}

function wholeNumber(value: number): number | undefined {
  const rounded = Math.round(value);
  return Number.isSafeInteger(rounded) && Math.abs(value - rounded) < 1e-6 ? rounded : undefined;
}
