import { expect, test } from 'vitest';
import { nearest } from './nearest.ts';

test.each([
  ['stat_dir', 'state_dir'],
  ['STATE_DIR', 'state_dir'],
  ['loglevel', 'log_level'],
  ['x', undefined],
  ['completely-different', undefined],
  ['state_dir'.repeat(20), undefined],
])('%s means %s', (word, meant) => {
  expect(nearest(word, ['log_level', 'state_dir', 'run_dir'])).toBe(meant);
});
