import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { context, ImagesTrial } from './testing.ts';

const A = 'a'.repeat(16);
let trial: ImagesTrial;
beforeEach(() => {
  trial = new ImagesTrial();
});
afterEach(() => trial[Symbol.dispose]());

const built = (count: number) => expect.poll(() => trial.builder.begun.length).toBe(count);

describe('an image that is not local', () => {
  it('is pulled, with progress for who waits', async () => {
    const { images } = trial.daemon();
    const waiting = context();
    expect(await images.obtain('debian', waiting)).toMatchObject({ id: A, name: 'debian:13' });
    expect(waiting.seen).toContain('unpacking');
    await images.obtain('debian', context());
    expect(trial.builder.begun).toEqual(['debian:13']);
  });

  it('is pulled once for two who want it, by whatever name', async () => {
    const { images } = trial.daemon();
    const both = await Promise.all([images.obtain('debian', context()), images.obtain('debian:13', context())]);
    expect(both.map(({ id }) => id)).toEqual([A, A]);
    expect(trial.builder.begun).toEqual(['debian:13']);
  });

  it('goes on for the other when one is cancelled; the last one takes the pull along', async () => {
    trial.builder.hangs = true;
    const { images, operations } = trial.daemon();
    const [one, two] = [new AbortController(), new AbortController()];
    const first = images.obtain('debian', context(one.signal));
    const second = images.obtain('debian', context(two.signal));
    await built(1);
    one.abort(new Error('one is cancelled'));
    await expect(first).rejects.toThrow('one is cancelled');
    expect(trial.builder.aborted).toBe(0);
    two.abort(new Error('two is cancelled'));
    await expect(second).rejects.toThrow('two is cancelled');
    expect(trial.builder.aborted).toBe(1);
    await expect.poll(() => operations.runningCount).toBe(0);
  });

  it("a client's own pull goes on without them, whoever came first", async () => {
    trial.builder.hangs = true;
    const { images, operations } = trial.daemon();
    for (const pullsFirst of [true, false]) {
      const cancelled = new AbortController();
      const { begun } = trial.builder;
      const already = begun.length;
      const own = pullsFirst ? images.service.pull({ image: 'debian' }) : undefined;
      const waiting = images.obtain('debian', context(cancelled.signal));
      const { id } = own ?? images.service.pull({ image: 'debian' });
      await built(already + 1);
      cancelled.abort(new Error('cancelled'));
      await expect(waiting).rejects.toThrow('cancelled');
      expect(trial.builder.aborted).toBe(pullsFirst ? 0 : 1);
      operations.cancel(id);
      await operations.ended(id);
    }
  });

  it('is pulled anew while a cancelled pull is still being undone', async () => {
    trial.builder.hangs = true;
    const { images } = trial.daemon();
    const cancelled = new AbortController();
    const first = images.obtain('debian', context(cancelled.signal));
    await built(1);
    cancelled.abort(new Error('cancelled'));
    trial.builder.hangs = false;
    await expect(first).rejects.toThrow('cancelled');
    expect(await images.obtain('debian', context())).toMatchObject({ id: A });
    expect(trial.builder.begun).toHaveLength(2);
  });

  it('is not got when its pull fails: the error is that of the pull', async () => {
    const { images } = trial.daemon();
    trial.builder.failure = new Error('no mirror');
    await expect(images.obtain('debian', context())).rejects.toMatchObject({
      code: 'internal',
      message: 'Error: no mirror',
    });
  });

  it("is not got when somebody cancels the pull, but that is not this one's cancel", async () => {
    trial.builder.hangs = true;
    const { images, operations } = trial.daemon();
    const { id } = images.service.pull({ image: 'debian' });
    const waiting = images.obtain('debian', context());
    await built(1);
    operations.cancel(id);
    await expect(waiting).rejects.toMatchObject({
      code: 'image_build_failed',
      message: 'the pull of debian was cancelled',
    });
  });
});
