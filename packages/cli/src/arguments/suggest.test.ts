import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { didYouMean, editDistance, nearest } from './suggest.ts';

describe('editDistance', () => {
  test.each([
    ['list', 'list', 0],
    ['lst', 'list', 1],
    ['lsit', 'list', 1],
    ['delte', 'delete', 1],
    ['', 'abc', 3],
    ['kitten', 'sitting', 3],
  ])('%s to %s is %i', (left, right, distance) => {
    expect(editDistance(left, right)).toBe(distance);
  });

  test('is symmetric, and zero only for the same', () => {
    const word = fc.string({ maxLength: 12 });
    fc.assert(
      fc.property(word, word, (left, right) => {
        expect(editDistance(left, right)).toBe(editDistance(right, left));
        expect(editDistance(left, right) === 0).toBe(left === right);
      }),
      { seed: 1 },
    );
  });
});

describe('nearest', () => {
  const verbs = ['run', 'create', 'list', 'show', 'start', 'stop', 'restart', 'kill', 'delete', 'exec'];

  test.each([
    ['lst', 'list'],
    ['strat', 'start'],
    ['delte', 'delete'],
    ['Show', 'show'],
    ['rest', 'restart'],
    ['cre', 'create'],
  ])('%s means %s', (word, meant) => {
    expect(nearest(word, verbs)).toBe(meant);
  });

  test('says nothing about what is like nothing', () => {
    expect(nearest('frobnicate', verbs)).toBeUndefined();
    expect(didYouMean('frobnicate', verbs)).toBeUndefined();
  });
});
