import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { dieAt } from '../ops/testing.ts';
import { ImagesTrial, never } from './testing.ts';

const A = 'a'.repeat(16);
let trial: ImagesTrial;
beforeEach(() => {
  trial = new ImagesTrial();
});
afterEach(() => trial[Symbol.dispose]());

/** What is in the directories of images, half-made images and trash. */
const onDisk = () => {
  const { imagesDir, imageStagingDir, trashDir } = trial.paths;
  return [imagesDir, imageStagingDir, trashDir].map((path) => readdirSync(path));
};
const rows = () => trial.store.images.list().map(({ id }) => id);
const pull = ({ images, operations }: ReturnType<ImagesTrial['daemon']>) =>
  operations.ended(images.service.pull({ image: 'debian' }).id);

/** A daemon whose pull waits at this point until it is told to go on. */
function holdAt(point: string) {
  const reached = Promise.withResolvers<void>();
  const going = Promise.withResolvers<void>();
  const daemon = trial.daemon((at) => {
    if (at !== point) return undefined;
    reached.resolve();
    return going.promise;
  });
  return { daemon, reached: reached.promise, goOn: () => going.resolve() };
}

describe('a pull', () => {
  it('builds and publishes an image under the name that an alias stands for', async () => {
    const daemon = trial.daemon();
    expect(await pull(daemon)).toMatchObject({ state: 'succeeded', subject: 'debian:13' });
    expect(onDisk()).toEqual([[A], [], []]);
    expect(daemon.images.service.show('debian')).toMatchObject({ id: A, name: 'debian:13', usedBy: [] });
    expect(trial.store.images.get(A)?.storedBytes).toBeGreaterThan(0);
  });

  it('that fails or is cancelled leaves nothing', async () => {
    const daemon = trial.daemon();
    trial.builder.failure = new Error('no mirror');
    expect(await pull(daemon)).toMatchObject({ state: 'failed' });
    trial.builder.failure = undefined;
    trial.builder.hangs = true;
    const { id } = daemon.images.service.pull({ image: 'debian' });
    await expect.poll(() => trial.builder.begun.length).toBe(2);
    daemon.operations.cancel(id);
    expect(await daemon.operations.ended(id)).toMatchObject({ state: 'cancelled' });
    expect([onDisk(), rows()]).toEqual([[[], [], []], []]);
  });

  it('of an equal image keeps the one that is there, which VMs may use', async () => {
    const daemon = trial.daemon();
    await pull(daemon);
    const manifest = readFileSync(trial.paths.image(A).manifest, 'utf8');
    expect(await pull(daemon)).toMatchObject({ state: 'succeeded' });
    expect(readFileSync(trial.paths.image(A).manifest, 'utf8')).toBe(manifest);
    expect([onDisk(), rows()]).toEqual([[[A], [], []], [A]]);
  });

  it('of another image of that name is what the name means from then on', async () => {
    const daemon = trial.daemon();
    await pull(daemon);
    trial.builder.content = 'b';
    await pull(daemon);
    expect(rows().toSorted()).toEqual([A, 'b'.repeat(16)]);
    expect(daemon.images.service.show('debian').id).toBe('b'.repeat(16));
  });

  it('takes the place of an equal image that is damaged', async () => {
    const daemon = trial.daemon();
    await pull(daemon);
    trial.damage(A);
    expect(await pull(daemon)).toMatchObject({ state: 'succeeded' });
    await expect(daemon.images.files(A, never)).resolves.toMatchObject({ rootfsBytes: 8192 });
    expect(onDisk()).toEqual([[A], [], []]);
  });

  it('of an equal image that another pull is about to undo is its own', async () => {
    const first = holdAt('image.pull:image.publish:acted');
    const one = first.daemon.images.service.pull({ image: 'debian:12' });
    await first.reached;
    const second = holdAt('image.pull:image.publish:acted');
    const two = second.daemon.images.service.pull({ image: 'debian:13' });
    await second.reached;
    // Neither has a row yet.
    first.daemon.operations.cancel(one.id);
    first.goOn();
    await first.daemon.operations.ended(one.id);
    second.goOn();
    expect(await second.daemon.operations.ended(two.id)).toMatchObject({ state: 'succeeded' });
    expect([onDisk(), rows()]).toEqual([[[A], [], []], [A]]);
  });

  it('that is undone leaves the files to an equal pull that ended well, and other images alone', async () => {
    await pull(trial.daemon());
    trial.builder.content = 'b';
    const first = holdAt('image.pull:image.publish:acted');
    const one = first.daemon.images.service.pull({ image: 'debian:12' });
    await first.reached;
    const second = holdAt('image.pull:image.publish:acted');
    const two = second.daemon.images.service.pull({ image: 'debian:13' });
    await second.reached;
    first.goOn();
    await first.daemon.operations.ended(one.id);
    second.daemon.operations.cancel(two.id);
    second.goOn();
    expect(await second.daemon.operations.ended(two.id)).toMatchObject({ state: 'cancelled' });
    const B = 'b'.repeat(16);
    expect([onDisk(), rows().toSorted()]).toEqual([
      [[A, B], [], []],
      [A, B],
    ]);
    trial.builder.content = 'c';
    const third = holdAt('image.pull:image.publish:acted');
    const three = third.daemon.images.service.pull({ image: 'debian' });
    await third.reached;
    third.daemon.operations.cancel(three.id);
    third.goOn();
    await third.daemon.operations.ended(three.id);
    expect(onDisk()).toEqual([[A, B], [], []]);
  });

  it('of an unknown name is refused before it begins', () => {
    expect(() => trial.daemon().images.service.pull({ image: 'debain' })).toThrow(
      expect.objectContaining({ code: 'image_not_found' }),
    );
    expect(trial.store.journal.unfinished()).toEqual([]);
  });
});

describe('after a crash', () => {
  for (const step of ['image.build', 'image.publish']) {
    for (const moment of ['intended', 'acted', 'recorded']) {
      const committed = step === 'image.publish' && moment === 'recorded';
      it(`at ${step} ${moment} the pull is ${committed ? 'whole' : 'undone'}, and can be repeated`, async () => {
        const { failpoint, died } = dieAt(`image.pull:${step}:${moment}`);
        trial.daemon(failpoint).images.service.pull({ image: 'debian' });
        await died;
        const next = trial.daemon();
        await next.operations.recover();
        expect(await next.images.adopt()).toEqual([]);
        expect([onDisk(), rows()]).toEqual(committed ? [[[A], [], []], [A]] : [[[], [], []], []]);
        expect(await pull(next)).toMatchObject({ state: 'succeeded' });
        expect([onDisk(), rows()]).toEqual([[[A], [], []], [A]]);
        expect(trial.unknown).toEqual([]);
      });
    }
  }

  it('during its undo nothing is left in the place of an image', async () => {
    const { failpoint, died } = dieAt('image.pull:image.publish:undone');
    const { images, operations } = trial.daemon((point) => {
      if (point === 'image.pull:image.publish:acted') throw new Error('out of luck');
      return failpoint(point);
    });
    void operations.ended(images.service.pull({ image: 'debian' }).id);
    await died;
    expect(existsSync(trial.paths.image(A).directory)).toBe(false);
    await trial.daemon().operations.recover();
    expect(onDisk()).toEqual([[], [], []]);
  });
});

it('a build may take long, but not for ever', () => {
  const [build] = trial.daemon().images.stepTypes;
  expect(build?.timeoutMs?.(null)).toBe(3_600_000);
});
