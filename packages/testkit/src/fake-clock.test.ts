import { poll } from '@banger/system';
import { describe, expect, it } from 'vitest';
import { FakeClock } from './fake-clock.ts';

describe('FakeClock', () => {
  it('stands still until it is turned', async () => {
    const clock = new FakeClock(new Date('2024-05-01T00:00:00Z'));
    expect(clock.monotonicMs()).toBe(0);
    await clock.advance(1500);
    expect(clock.monotonicMs()).toBe(1500);
    expect(clock.now().toISOString()).toBe('2024-05-01T00:00:01.500Z');
  });

  it('wakes sleepers at their own moments, in order, and those that they start on the way', async () => {
    const clock = new FakeClock();
    const woken: string[] = [];
    const sleep = async (name: string, ms: number) => {
      await clock.sleep(ms);
      woken.push(`${name} ${clock.monotonicMs()}`);
    };
    void sleep('late', 300);
    void sleep('early', 100).then(() => sleep('next', 50));
    await clock.advance(200);
    expect(woken).toEqual(['early 100', 'next 150']);
    expect(clock.sleeping).toBe(1);
    await clock.advance(100);
    expect(woken).toEqual(['early 100', 'next 150', 'late 300']);
  });

  it('wakes by signal', async () => {
    const clock = new FakeClock();
    const controller = new AbortController();
    const sleeping = clock.sleep(1, controller.signal);
    controller.abort('stop');
    await expect(sleeping).rejects.toBe('stop');
    expect(clock.sleeping).toBe(0);
  });

  it('drives poll to its deadline', async () => {
    const clock = new FakeClock();
    let probes = 0;
    const polling = poll(() => void (probes += 1), { deadlineMs: 1000, initialMs: 100, maxMs: 400, clock });
    const outcome = polling.catch((error: unknown) => String(error));
    await clock.advance(1000);
    expect(await outcome).toContain('nothing within 1000 ms (4 attempts)');
    expect(probes).toBe(4); // at 0, 100, 300 and 700
    expect(clock.sleeping).toBe(0);
  });
});
