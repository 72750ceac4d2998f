import { mkdirSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sampleVm } from '../store/testing.ts';
import { context, ImagesTrial, never } from './testing.ts';

const A = 'a'.repeat(16);
let trial: ImagesTrial;
beforeEach(() => {
  trial = new ImagesTrial();
});
afterEach(() => trial[Symbol.dispose]());

const made = async () => {
  const daemon = trial.daemon();
  await daemon.images.obtain('debian', context());
  return daemon;
};

describe('a delete', () => {
  it('removes files and row, and says what it freed', async () => {
    const { images } = await made();
    const { storedBytes } = images.service.show('debian');
    expect(await images.service.delete('debian', never)).toEqual({ freedBytes: storedBytes });
    expect(trial.store.images.list()).toEqual([]);
    expect([readdirSync(trial.paths.imagesDir), readdirSync(trial.paths.trashDir)]).toEqual([[], []]);
    await expect(images.service.delete('debian', never)).rejects.toMatchObject({ code: 'image_not_found' });
  });

  it('is refused while VMs use the image, and names them', async () => {
    const { images } = await made();
    const vms = [sampleVm(1, { imageId: A }), sampleVm(2, { imageId: A }), sampleVm(3)];
    trial.store.transaction('normal', () => {
      for (const vm of vms) trial.store.vms.insert(vm);
    });
    expect(images.service.show('debian').usedBy).toEqual(['vm-1', 'vm-2']);
    await expect(images.service.delete('debian', never)).rejects.toMatchObject({
      code: 'image_in_use',
      message: 'image debian:13 is used by VMs vm-1, vm-2',
      remediation: 'Delete them first: `banger vm delete vm-1 vm-2`.',
    });
    expect(readdirSync(trial.paths.imagesDir)).toEqual([A]);
  });

  it('is refused while a pull makes the same image again and counts on this one', async () => {
    await made();
    const at = Promise.withResolvers<void>();
    const go = Promise.withResolvers<void>();
    const { images, operations } = trial.daemon((point) => {
      if (point !== 'image.pull:image.publish:acted') return undefined;
      at.resolve();
      return go.promise;
    });
    const { id } = images.service.pull({ image: 'debian' });
    await at.promise;
    await expect(images.service.delete('debian', never)).rejects.toMatchObject({
      code: 'image_in_use',
      message: 'image debian:13 is being pulled again',
    });
    go.resolve();
    await operations.ended(id);
    await images.service.delete('debian', never);
    expect(readdirSync(trial.paths.imagesDir)).toEqual([]);
  });

  it('does not wait for such a pull that is being undone', async () => {
    await made();
    const undone = Promise.withResolvers<void>();
    const { images } = trial.daemon((point) => {
      if (point === 'image.pull:image.publish:acted') throw new Error('out of luck');
      if (point !== 'image.pull:image.publish:undone') return undefined;
      undone.resolve();
      return new Promise(() => {});
    });
    images.service.pull({ image: 'debian' });
    await undone.promise;
    await images.service.delete('debian', never);
    expect(trial.store.images.list()).toEqual([]);
  });

  it('of an image whose files are gone removes its row', async () => {
    const { images } = await made();
    rmSync(trial.paths.image(A).directory, { recursive: true });
    await images.service.delete('debian', never);
    expect(trial.store.images.list()).toEqual([]);
  });

  it('that a crash cut off before the files were moved is undone by the next start', async () => {
    const { images } = await made();
    trial.store.transaction('durable', () => trial.store.images.delete(A));
    expect(await trial.daemon().images.adopt()).toEqual(['debian:13']);
    expect(images.service.show('debian').id).toBe(A);
  });
});

describe('the list', () => {
  it('has local images and the catalog, and which entry is local', async () => {
    const { images } = await made();
    const { images: local, catalog } = images.service.list();
    expect(local).toMatchObject([{ id: A, name: 'debian:13', usedBy: [] }]);
    expect(catalog.map(({ name, imageId }) => [name, imageId])).toEqual([
      ['debian:13', A],
      ['debian:12', null],
    ]);
  });
});

describe('the files of an image', () => {
  it('come with an initramfs made of its modules', async () => {
    const { images } = await made();
    const paths = trial.paths.image(A);
    expect(await images.files(A, never)).toEqual({
      rootfsPath: paths.rootfs,
      rootfsBytes: 8192,
      workSeedPath: paths.workSeed,
      workSeedBytes: 4096,
      kernelPath: paths.kernel,
      initramfsPath: `initramfs of ${join(paths.directory, 'modules/virtio.ko')}`,
    });
  });

  it.each([
    ['its manifest', () => trial.damage(A)],
    ['the size of its root file system', () => truncateSync(trial.paths.image(A).rootfs, 100)],
    ['its work seed', () => rmSync(trial.paths.image(A).workSeed)],
  ])('are refused when %s is damaged, with what to do', async (_what, damage) => {
    const { images } = await made();
    damage();
    await expect(images.files(A, never)).rejects.toMatchObject({
      code: 'image_corrupt',
      remediation: expect.stringContaining('banger image delete'),
    });
  });
});

describe('the next start', () => {
  it('adopts images whose rows are lost, and shows what is none', async () => {
    await made();
    trial.store.transaction('durable', () => trial.store.images.delete(A));
    const { imagesDir, imageStagingDir, trashDir } = trial.paths;
    mkdirSync(join(imagesDir, 'foreign'));
    mkdirSync(join(imagesDir, 'copied'));
    const { manifest } = trial.paths.image('copied');
    writeFileSync(
      manifest,
      JSON.stringify({ format: 1, build: 'b', workSeedBytes: 1, modules: [], record: sampleRecord }),
    );
    mkdirSync(join(imageStagingDir, 'half'));
    mkdirSync(join(trashDir, 'garbage', 'deep'), { recursive: true });
    expect(await trial.daemon().images.adopt()).toEqual(['debian:13']);
    expect(trial.unknown).toEqual([
      [join(imageStagingDir, 'half'), 'a half-made image that no pull knows'],
      [join(imagesDir, 'copied'), 'its manifest is of another image'],
      [join(imagesDir, 'foreign'), expect.stringContaining('ENOENT')],
    ]);
    expect(readdirSync(imagesDir).toSorted()).toEqual([A, 'copied', 'foreign']);
    expect(readdirSync(trashDir)).toEqual([]);
    expect(await trial.daemon().images.adopt()).toEqual([]);
  });
});

const sampleRecord = {
  id: 'another',
  name: 'debian:13',
  digest: 'sha256:',
  kernelVersion: '6.12',
  createdAt: '2026-01-01T00:00:00.000Z',
  sizeBytes: 1,
  storedBytes: 1,
};
