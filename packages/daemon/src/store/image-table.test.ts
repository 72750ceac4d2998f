import { expect, test } from 'vitest';
import { sampleImage, TempDir } from './testing.ts';

test('images come back as written, the newest first', () => {
  using dir = new TempDir();
  const store = dir.open();
  const old = sampleImage(1, { createdAt: '2026-01-01T00:00:00.000Z' });
  const young = sampleImage(2, { createdAt: '2026-02-01T00:00:00.000Z' });
  const twin = sampleImage(3, { createdAt: '2026-02-01T00:00:00.000Z' });
  for (const image of [young, old, twin]) store.images.insert(image);
  expect(store.images.list()).toEqual([twin, young, old]);
  expect(store.images.get(old.id)).toEqual(old);
  store.images.delete(old.id);
  expect(store.images.get(old.id)).toBeUndefined();
  expect(() => store.images.insert(young)).toThrow(/UNIQUE/);
  store.close();
});
