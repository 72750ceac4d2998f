import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatDuration, formatSize, parseDuration, parseSize } from './quantity.ts';

test.each([
  ['2GiB', 2 ** 31],
  ['2 GiB', 2 ** 31],
  ['2g', 2 ** 31],
  ['2GB', 2 ** 31],
  ['1.5GiB', 1.5 * 2 ** 30],
  ['512M', 2 ** 29],
  ['0.5KiB', 512],
  ['1B', 1],
  ['1TiB', 2 ** 40],
])('%s is %d bytes', (text, bytes) => {
  expect(parseSize(text)).toBe(bytes);
});

test.each([
  '',
  '2',
  'GiB',
  '-1GiB',
  '0x1M',
  '1e3M',
  '1.2345GiB',
  '0.3B',
  '1GiBs',
  '9999999999B',
  '2 G i B',
  '１GiB',
  '1PiB',
])('%j is no size', (text) => {
  expect(parseSize(text)).toBeUndefined();
});

test.each([
  ['250ms', 250],
  ['30s', 30_000],
  ['1.5h', 5_400_000],
  ['7d', 604_800_000],
  ['0s', 0],
])('%s is %d ms', (text, ms) => {
  expect(parseDuration(text)).toBe(ms);
});

test.each(['', '30', 's', '-1s', '1w', '30S', '1h30m', '0.0001s'])('%j is no duration', (text) => {
  expect(parseDuration(text)).toBeUndefined();
});

test('what is formatted can be parsed, and means the same', () => {
  expect(formatSize(8 * 2 ** 30)).toBe('8GiB');
  expect(formatSize(1500 * 2 ** 20)).toBe('1500MiB');
  expect(formatDuration(90_000)).toBe('90s');
  fc.assert(
    fc.property(fc.nat({ max: 999_999_999 }), (value) => {
      expect(parseSize(formatSize(value))).toBe(value);
      expect(parseDuration(formatDuration(value))).toBe(value);
    }),
    { seed: 1 },
  );
});
