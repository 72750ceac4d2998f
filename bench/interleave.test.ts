import { expect, it } from 'vitest';
import { interleave } from './interleave.ts';

const never = new AbortController().signal;

it('takes turns, backwards in every second round, and does not count the warm-up', async () => {
  const order: string[] = [];
  const subject = (name: string) => async () => order.push(name);
  const results = await interleave({ a: subject('a'), b: subject('b') }, { runs: 2, signal: never });
  expect(order.join('')).toBe('baabba');
  expect(results).toEqual({ a: [3, 6], b: [4, 5] });
});

it('stops between two runs', async () => {
  const stop = new AbortController();
  const subject = async () => stop.abort(new Error('enough'));
  await expect(interleave({ subject }, { runs: 5, signal: stop.signal })).rejects.toThrow('enough');
});
