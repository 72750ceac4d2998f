import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Problem } from './problem.mjs';
import { runSteps } from './steps.mjs';

describe('runSteps', () => {
  const lines: string[] = [];
  beforeEach(() => {
    lines.length = 0;
    vi.spyOn(console, 'log').mockImplementation((line: string) => void lines.push(line.replace(/\(.*\)/, '(time)')));
  });
  afterEach(() => {
    vi.restoreAllMocks();
  });

  const step = (name: string, done: boolean, run: () => Promise<void>) => ({ name, done: () => done, run });

  it('runs what is not done, in order, and says nothing of the rest', async () => {
    const ran: string[] = [];
    const record = (name: string) => () => {
      ran.push(name);
      return Promise.resolve();
    };
    await runSteps([step('a', false, record('a')), step('b', true, record('b')), step('c', false, record('c'))]);
    expect(ran).toEqual(['a', 'c']);
    expect(lines).toEqual(['- a ...', '✓ a (time)', '- c ...', '✓ c (time)']);
  });

  it('stops at the first failure and hands its cause on', async () => {
    const failing = step('a', false, () => Promise.reject(new Problem('no disk', { remedy: ['buy one'] })));
    const never = step('b', false, () => Promise.reject(new Error('not reached')));
    await expect(runSteps([failing, never])).rejects.toMatchObject({ message: 'no disk', remedy: ['buy one'] });
    expect(lines).toEqual(['- a ...', '✗ a (time)']);
  });
});
