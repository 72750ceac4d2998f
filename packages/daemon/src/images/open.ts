import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { ParsedParams, Result } from '@banger/api-types';
import { BangerError } from '../errors.ts';
import type { Locks } from '../locks/types.ts';
import type { AnyOperationType, AnyStepType, StepContext } from '../ops/types.ts';
import type { Paths } from '../paths.ts';
import type { Store } from '../store/types.ts';
import { adoptImages } from './adopt-images.ts';
import type { ImageBuilder } from './builder.ts';
import { embeddedCatalog } from './catalog.ts';
import { readImageFile } from './image-file.ts';
import { LocalImages } from './local-images.ts';
import { type PullOperations, Pulls } from './obtain.ts';
import { pullOperation } from './pull.ts';
import type { ImageFiles, ImageRecord } from './types.ts';

export interface OpenImagesOptions {
  readonly store: Store;
  readonly locks: Pick<Locks, 'root' | 'withImageOps'>;
  readonly paths: Pick<Paths, 'imagesDir' | 'imageStagingDir' | 'image' | 'trashDir'>;
  readonly builder: ImageBuilder;
  /** Path of an initramfs with these modules (absolute paths in load order). */
  readonly initramfs: (modules: readonly string[], signal: AbortSignal) => Promise<string>;
  readonly operations: () => PullOperations;
  readonly now: () => Date;
  readonly onUnknown: (directory: string, why: string) => void;
}

/** What clients can do with images. */
interface ImageService {
  list(): Result<'image.list'>;
  show(ref: string): Result<'image.show'>;
  pull(params: ParsedParams<'image.pull'>): Result<'op.status'>;
  delete(ref: string, signal: AbortSignal): Promise<Result<'image.delete'>>;
}

export interface ImageRoom {
  readonly local: LocalImages;
  readonly service: ImageService;
  /** The local image of a reference; pulled first where it is not local. */
  obtain(ref: string, context: StepContext): Promise<ImageRecord>;
  readonly operationType: AnyOperationType;
  readonly stepTypes: readonly AnyStepType[];
  /** Files of a local image, with an initramfs that fits this daemon. @throws BangerError image_corrupt, image_not_found */
  files(imageId: string, signal: AbortSignal): Promise<ImageFiles>;
  /** Rebuilds rows of images that are there without one. */
  adopt(): Promise<readonly string[]>;
}

export function openImages(options: OpenImagesOptions): ImageRoom {
  const { store, paths, initramfs, onUnknown, operations } = options;
  const catalog = embeddedCatalog;
  const local = new LocalImages({ ...options, catalog });
  const pulls = new Pulls(local, operations);
  return {
    local,
    service: {
      list: () => local.list(),
      show: (ref) => local.show(ref),
      delete: (ref, signal) => local.delete(ref, signal),
      pull: ({ image, idempotencyKey }) => pulls.pull(image, idempotencyKey),
    },
    obtain: (ref, context) => pulls.obtain(ref, context),
    ...pullOperation({ ...options, catalog, locks: options.locks.root }),
    adopt: () => adoptImages({ store, paths, onUnknown }),
    async files(imageId, signal) {
      const record = local.require(imageId);
      const names = paths.image(record.id);
      const { modules, workSeedBytes } = await readImageFile(names.manifest).catch((cause: unknown) => {
        throw damaged(record, cause);
      });
      await requireSize(record, names.rootfs, record.sizeBytes);
      await requireSize(record, names.workSeed, workSeedBytes);
      return {
        rootfsPath: names.rootfs,
        rootfsBytes: record.sizeBytes,
        workSeedPath: names.workSeed,
        workSeedBytes,
        kernelPath: names.kernel,
        initramfsPath: await initramfs(
          modules.map((name) => join(names.directory, name)),
          signal,
        ),
      };
    },
  };
}

/** A cheap look before each start; the digest of a gigabyte is not. */
async function requireSize(record: ImageRecord, path: string, bytes: number): Promise<void> {
  const size = (await stat(path).catch(() => undefined))?.size;
  if (size !== bytes) throw damaged(record, new Error(`${path} has ${size ?? 'no'} bytes instead of ${bytes}`));
}

function damaged({ name, id }: ImageRecord, cause: unknown): BangerError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new BangerError('image_corrupt', `image ${name} (${id}) is damaged: ${why}`, {
    remediation: 'Delete it with `banger image delete` and pull it again; VMs made from it need it whole.',
    cause,
  });
}
