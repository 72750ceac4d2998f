import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@banger/system';
import { createLocks } from '../locks/create-locks.ts';
import { Operations } from '../ops/operations.ts';
import type { Failpoint } from '../ops/step-runner.ts';
import { describeError } from '../ops/testing.ts';
import { imagePaths, makePaths, type Paths } from '../paths.ts';
import { openStore } from '../store/open.ts';
import type { Store } from '../store/types.ts';
import type { BuildContext, ImageBuilder } from './builder.ts';
import type { CatalogEntry } from './catalog.ts';
import { type ImageRoom, openImages } from './open.ts';

export const never = new AbortController().signal;
const SIZE = 8192;

/** Builds images of a few bytes; as many at a time as are asked for. */
export class FakeBuilder implements ImageBuilder {
  /** Names of what was begun, in order. */
  readonly begun: string[] = [];
  /** How many builds were aborted. */
  aborted = 0;
  /** The same for equal images. */
  content = 'a';
  hangs = false;
  failure: Error | undefined;

  async build({ name }: CatalogEntry, directory: string, { signal, progress }: BuildContext) {
    this.begun.push(name);
    progress('unpacking', 0.5);
    const files = imagePaths(directory);
    await writeFile(files.rootfs, Buffer.alloc(SIZE, this.content));
    if (this.hangs) await this.#untilAborted(signal);
    if (this.failure) throw this.failure;
    await writeFile(files.workSeed, Buffer.alloc(SIZE / 2));
    await writeFile(files.kernel, 'kernel');
    await mkdir(files.modulesDir);
    await writeFile(join(files.modulesDir, 'virtio.ko'), 'module');
    const digest = `sha256:${this.content.repeat(64)}`;
    const modules = ['modules/virtio.ko'];
    return { digest, sizeBytes: SIZE, workSeedBytes: SIZE / 2, kernelVersion: '6.12', modules };
  }

  #untilAborted(signal: AbortSignal): Promise<never> {
    return new Promise((_, reject) => {
      signal.addEventListener('abort', () => {
        this.aborted += 1;
        reject(signal.reason as Error);
      });
    });
  }
}

/** A state directory with a database; each `daemon()` stands for one process of the daemon. */
export class ImagesTrial implements Disposable {
  readonly #directory = mkdtempSync(join(tmpdir(), 'banger-images-'));
  readonly paths: Paths = makePaths({ stateDir: this.#directory, runDir: this.#directory });
  readonly store: Store;
  readonly builder = new FakeBuilder();
  readonly unknown: (readonly [path: string, why: string])[] = [];

  constructor() {
    const { imagesDir, imageStagingDir, trashDir } = this.paths;
    for (const path of [imagesDir, imageStagingDir, trashDir]) mkdirSync(path);
    this.store = openStore({ path: this.paths.database, clock: systemClock });
  }

  daemon(failpoint: Failpoint = () => {}): { images: ImageRoom; operations: Operations } {
    const { store, paths, builder } = this;
    const locks = createLocks();
    const images = openImages({
      store,
      paths,
      locks,
      builder,
      now: () => new Date(),
      initramfs: (modules) => Promise.resolve(`initramfs of ${modules.join()}`),
      operations: () => operations,
      onUnknown: (path, why) => void this.unknown.push([path, why]),
    });
    const operations = new Operations({
      store,
      failpoint,
      stepTypes: images.stepTypes,
      operationTypes: [images.operationType],
      now: () => new Date(),
      monotonicMs: () => performance.now(),
      detach: (work) => locks.runDetached(work),
      describeError,
      onLost: (_operation, error) => {
        throw error;
      },
    });
    return { images, operations };
  }

  /** Makes a file that nobody can read as a manifest. */
  damage(imageId: string): void {
    writeFileSync(this.paths.image(imageId).manifest, '{"format":1');
  }

  [Symbol.dispose](): void {
    this.store.close();
    rmSync(this.#directory, { recursive: true });
  }
}

export function context(signal: AbortSignal = never) {
  const seen: string[] = [];
  return { signal, seen, progress: (message: string) => void seen.push(message) };
}
