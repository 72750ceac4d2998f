import { readFile } from 'node:fs/promises';
import type { BuiltImage } from '@banger/imagemgr';
import { writeFileAtomic } from '../atomic-file.ts';
import type { ImageRecord } from './types.ts';

const FORMAT = 1;

/** What an image's directory says of itself: enough to rebuild its row and to use its files. */
export interface ImageFile {
  readonly record: ImageRecord;
  /** The build that made it, so that an interrupted pull knows its own work again. */
  readonly build: string;
  readonly workSeedBytes: number;
  readonly modules: readonly string[];
}

export async function writeImageFile(path: string, file: ImageFile): Promise<void> {
  await writeFileAtomic(path, `${JSON.stringify({ format: FORMAT, ...file }, null, 2)}\n`);
}

/** @throws Error saying what is wrong with it: it is ours, but it may be damaged */
export async function readImageFile(path: string): Promise<ImageFile> {
  const parsed = JSON.parse(await readFile(path, 'utf8')) as Partial<ImageFile> & { format?: unknown };
  if (parsed.format !== FORMAT) throw new Error(`${path} is of an unknown format`);
  const { record, build, workSeedBytes, modules } = parsed;
  const whole =
    isRecord(record) && typeof build === 'string' && typeof workSeedBytes === 'number' && Array.isArray(modules);
  if (!whole || !modules.every((name) => typeof name === 'string')) throw new Error(`${path} is damaged`);
  return { record, build, workSeedBytes, modules };
}

function isRecord(record: Partial<ImageRecord> | undefined): record is ImageRecord {
  const texts = [record?.id, record?.name, record?.digest, record?.kernelVersion, record?.createdAt];
  const numbers = [record?.sizeBytes, record?.storedBytes];
  return texts.every((text) => typeof text === 'string') && numbers.every((number) => typeof number === 'number');
}

export function recordOf(name: string, built: BuiltImage, storedBytes: number, now: Date): ImageRecord {
  return {
    id: built.digest.slice('sha256:'.length, 'sha256:'.length + 16),
    name,
    digest: built.digest,
    sizeBytes: built.sizeBytes,
    storedBytes,
    kernelVersion: built.kernelVersion,
    createdAt: now.toISOString(),
  };
}
