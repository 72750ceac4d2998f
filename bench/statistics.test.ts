import { expect, it } from 'vitest';
import { median, quantile, summarize } from './statistics.ts';

it('finds the middle of any order, and leaves the values as they are', () => {
  const values = [9, 1, 5];
  expect(median(values)).toBe(5);
  expect(values).toEqual([9, 1, 5]);
  expect(median([1, 2, 3, 10])).toBe(2.5);
});

it('finds quantiles between neighbours', () => {
  expect(quantile([0, 10], 0.25)).toBe(2.5);
  expect(quantile([7], 0.99)).toBe(7);
  expect(summarize(Array.from({ length: 101 }, (_, index) => index))).toEqual({
    count: 101,
    least: 0,
    quarter: 25,
    median: 50,
    threeQuarters: 75,
    p99: 99,
    most: 100,
  });
});

it('has no answer without values', () => {
  expect(() => median([])).toThrow('no value');
});
