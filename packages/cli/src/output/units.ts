/** Bytes of a MiB. */
export const MIB = 1024 * 1024;

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const sizes = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];

/** For example `512 MiB`, `1.5 GiB`. */
export function formatBytes(bytes: number): string {
  let amount = bytes;
  let unit = 0;
  while (amount >= 1024 && unit < sizes.length - 1) {
    amount /= 1024;
    unit++;
  }
  const digits = unit === 0 || amount >= 100 || Number.isInteger(amount) ? 0 : 1;
  return `${amount.toFixed(digits)} ${sizes[unit]}`;
}

/** For example `0.4 s`, `12.3 s`, `2 min 05 s`. */
export function formatDuration(durationMs: number): string {
  if (durationMs < 0.05 * SECOND) return `${Math.round(durationMs)} ms`;
  if (durationMs < 99.95 * SECOND) return `${(durationMs / SECOND).toFixed(1)} s`;
  const seconds = Math.round(durationMs / SECOND);
  return `${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, '0')} s`;
}

/** How long ago, in one unit, for example `3 min`; `now` where it is less than a second or in the future. */
export function formatAge(ageMs: number): string {
  if (!(ageMs >= SECOND)) return 'now';
  if (ageMs < MINUTE) return `${Math.floor(ageMs / SECOND)} s`;
  if (ageMs < HOUR) return `${Math.floor(ageMs / MINUTE)} min`;
  if (ageMs < 2 * DAY) return `${Math.floor(ageMs / HOUR)} h`;
  return `${Math.floor(ageMs / DAY)} days`;
}
