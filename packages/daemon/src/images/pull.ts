import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { syncPath } from '../atomic-file.ts';
import type { LockRoot } from '../locks/types.ts';
import type { AnyOperationType, AnyStepType, OperationType, StepType } from '../ops/types.ts';
import { imagePaths, type Paths } from '../paths.ts';
import { anyStep, planStep } from '../steps.ts';
import type { Store } from '../store/types.ts';
import type { ImageBuilder } from './builder.ts';
import { type CatalogEntry, findEntry } from './catalog.ts';
import { discard } from './discard.ts';
import { readImageFile, recordOf, writeImageFile } from './image-file.ts';
import { unknownImage } from './references.ts';
import type { ImageRecord } from './types.ts';

export interface PullOptions {
  readonly store: Store;
  readonly locks: Pick<LockRoot, 'imageOps'>;
  readonly paths: Pick<Paths, 'imagesDir' | 'imageStagingDir' | 'image' | 'trashDir'>;
  readonly builder: ImageBuilder;
  readonly catalog: readonly CatalogEntry[];
  readonly now: () => Date;
}

/** `name` is canonical. */
export type PullRequest = { readonly name: string };
type Build = { readonly name: string; readonly build: string };
type Published = { readonly [K in keyof ImageRecord]: ImageRecord[K] };

/** The operation `image.pull` and its steps. Equal pulls at the same time are one. */
export function pullOperation(options: PullOptions): { operationType: AnyOperationType; stepTypes: AnyStepType[] } {
  const build = buildStep(options);
  const publish = publishStep(options);
  const { store } = options;
  const operationType: OperationType<PullRequest> = {
    kind: 'image.pull',
    onInterrupt: 'undo',
    subject: ({ name }) => name,
    flightKey: ({ name }) => name,
    plan({ name }) {
      const intent = { name, build: randomBytes(8).toString('hex') };
      return [planStep(build, 'build', intent), planStep(publish, 'publish', intent)];
    },
    commit(record) {
      const image = record.output('image.publish') as Published;
      if (!store.images.get(image.id)) store.images.insert(image);
    },
    rollback: () => {},
  };
  return {
    operationType,
    stepTypes: [anyStep(build), anyStep(publish)],
  };
}

/** A slow mirror and an emulated host together take minutes; what takes longer hangs. */
const BUILD_TIMEOUT_MS = 3_600_000;

/** Builds into a staging directory of our naming; nobody sees it before it is published. */
function buildStep({ catalog, builder, paths, now }: PullOptions): StepType<Build, Published> {
  const stagingOf = (build: string): string => join(paths.imageStagingDir, build);
  return {
    name: 'image.build',
    timeoutMs: () => BUILD_TIMEOUT_MS,
    async do({ name, build }, context) {
      const entry = findEntry(catalog, name);
      if (!entry) throw unknownImage(name, [], catalog);
      const directory = stagingOf(build);
      await mkdir(directory, { mode: 0o700 });
      const built = await builder.build(entry, directory, context);
      const record = recordOf(name, built, await storedBytes(directory), now());
      const { workSeedBytes, modules } = built;
      await writeImageFile(imagePaths(directory).manifest, {
        record,
        build,
        workSeedBytes,
        modules,
      });
      return { ...record };
    },
    undo: ({ build }) => rm(stagingOf(build), { recursive: true, force: true }),
    observe: async ({ build }) =>
      (await readImageFile(imagePaths(stagingOf(build)).manifest).catch(() => undefined))?.record,
  };
}

/** Moves a built image to its place; an equal one that is in use already stays, and the new one goes. */
function publishStep({ paths, locks, store }: PullOptions): StepType<Build, Published> {
  return {
    name: 'image.publish',
    async do({ build }, { signal }) {
      const staging = join(paths.imageStagingDir, build);
      const { record } = await readImageFile(imagePaths(staging).manifest);
      await flush(staging);
      await using _registry = await locks.imageOps(signal);
      const { directory, manifest } = paths.image(record.id);
      const isKept = store.images.get(record.id) && (await readImageFile(manifest).catch(() => undefined));
      if (isKept) await rm(staging, { recursive: true, force: true });
      else {
        // What nobody knows or could use is in the way: a pull that is being undone, or a damaged image.
        await discard(directory, paths.trashDir);
        await rename(staging, directory);
        await syncPath(dirname(directory));
      }
      return { ...record };
    },
    async undo({ build }, _output, signal) {
      await using _registry = await locks.imageOps(signal);
      const published = await findPublished(paths, build);
      // With a row it is the image of an equal pull, which has ended well.
      if (published && !store.images.get(published.id))
        await discard(paths.image(published.id).directory, paths.trashDir);
    },
    observe: ({ build }) => findPublished(paths, build),
  };
}

/** The published image that this build made: an equal one of another build is not ours to undo. */
async function findPublished(paths: PullOptions['paths'], build: string): Promise<Published | undefined> {
  for (const id of await readdir(paths.imagesDir)) {
    const file = await readImageFile(paths.image(id).manifest).catch(() => undefined);
    if (file?.build === build) return { ...file.record };
  }
  return undefined;
}

async function storedBytes(directory: string): Promise<number> {
  const names = await readdir(directory, { recursive: true });
  const sizes = await Promise.all(names.map(async (name) => (await stat(join(directory, name))).blocks * 512));
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** Brings all that is in a directory to the disk, so that a row never names an image that a power cut took. */
async function flush(directory: string): Promise<void> {
  for (const name of await readdir(directory, { recursive: true })) await syncPath(join(directory, name));
  await syncPath(directory);
}
