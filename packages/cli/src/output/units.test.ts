import { expect, test } from 'vitest';
import { formatAge, formatBytes, formatDuration } from './units.ts';

test.each([
  [0, '0 B'],
  [512 * 2 ** 20, '512 MiB'],
  [1.5 * 2 ** 30, '1.5 GiB'],
  [2 ** 30 * 2048, '2 TiB'],
  [1234, '1.2 KiB'],
])('%i bytes are %s', (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text);
});

test.each([
  [3, '3 ms'],
  [400, '0.4 s'],
  [12_345, '12.3 s'],
  [99_990, '1 min 40 s'],
  [125_000, '2 min 05 s'],
])('%i ms take %s', (durationMs, text) => {
  expect(formatDuration(durationMs)).toBe(text);
});

test.each([
  [-5, 'now'],
  [Number.NaN, 'now'],
  [5_000, '5 s'],
  [150_000, '2 min'],
  [3_600_000, '1 h'],
  [200_000_000, '2 days'],
])('%i ms ago is %s', (ageMs, text) => {
  expect(formatAge(ageMs)).toBe(text);
});
