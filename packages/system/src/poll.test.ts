import { describe, expect, it } from 'vitest';
import type { Clock } from './clock.ts';
import { systemClock } from './clock.ts';
import { poll } from './poll.ts';

/** Records pauses; deadlines (first sleep) never come unless `deadline` fires. */
function recordingClock() {
  const pauses: number[] = [];
  const clock: Clock = {
    ...systemClock,
    async sleep(ms) {
      pauses.push(ms);
    },
  };
  return { pauses, clock };
}

describe('poll', () => {
  it('answers at once when the probe does', async () => {
    const { clock, pauses } = recordingClock();
    expect(await poll(() => 'there', { clock })).toBe('there');
    expect(pauses).toEqual([]);
  });

  it('takes null, 0 and false for answers', async () => {
    expect(await poll(() => false)).toBe(false);
    expect(await poll(() => null)).toBe(null);
    expect(await poll(() => 0)).toBe(0);
  });

  it('doubles its pauses up to the longest', async () => {
    const { clock, pauses } = recordingClock();
    let calls = 0;
    await poll(() => ((calls += 1) < 7 ? undefined : calls), { clock, initialMs: 10, maxMs: 100 });
    expect(pauses).toEqual([10, 20, 40, 80, 100, 100]);
  });

  it('ends at its deadline, also when the probe hangs', async () => {
    await expect(poll(() => undefined, { deadlineMs: 30 })).rejects.toMatchObject({
      name: 'PollTimeoutError',
      deadlineMs: 30,
    });
    await expect(poll(() => new Promise<undefined>(() => {}), { deadlineMs: 30 })).rejects.toThrow(
      'nothing within 30 ms',
    );
  });

  it('tells the probe about the deadline', async () => {
    let reason: unknown;
    const polling = poll(
      (signal) =>
        new Promise<undefined>((resolve) => {
          signal.addEventListener('abort', () => {
            reason = signal.reason;
            resolve(undefined);
          });
        }),
      { deadlineMs: 20 },
    );
    await expect(polling).rejects.toThrow();
    expect(reason).toMatchObject({ name: 'PollTimeoutError' });
  });

  it('ends with the reason of its signal', async () => {
    const controller = new AbortController();
    const polling = poll(() => undefined, { signal: controller.signal, initialMs: 60_000, maxMs: 60_000 });
    controller.abort(new Error('enough'));
    await expect(polling).rejects.toThrow('enough');
    let probed = false;
    await expect(poll(() => (probed = true), { signal: controller.signal })).rejects.toThrow('enough');
    expect(probed).toBe(false);
  });

  it('passes on what the probe throws', async () => {
    await expect(
      poll(() => {
        throw new Error('broken probe');
      }),
    ).rejects.toThrow('broken probe');
  });
});

describe('systemClock', () => {
  it('sleeps for its time and can be woken by a signal', async () => {
    const before = systemClock.monotonicMs();
    await systemClock.sleep(20);
    expect(systemClock.monotonicMs() - before).toBeGreaterThanOrEqual(18);
    await expect(systemClock.sleep(60_000, AbortSignal.abort('stop'))).rejects.toBe('stop');
    const controller = new AbortController();
    const sleeping = systemClock.sleep(60_000, controller.signal);
    controller.abort('later');
    await expect(sleeping).rejects.toBe('later');
  });
});
