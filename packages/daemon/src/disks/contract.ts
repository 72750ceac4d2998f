import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { CloneSpec, Disk, DiskBackend } from './port.ts';

export interface DiskTrial {
  readonly backend: DiskBackend;
  /** A directory on a file system that fits the backend. */
  readonly parent: string;
  /** The disk's content as a guest sees it. */
  readonly contentOf: (disk: Disk) => Promise<Buffer>;
}

const MIB = 2 ** 20;

/** What every disk backend must do. */
export function diskContract(name: string, makeTrial: () => Promise<DiskTrial>): void {
  describe(`contract of a disk backend: ${name}`, () => {
    const never = new AbortController().signal;
    const content = Buffer.alloc(3 * MIB);
    content.write('first', 0);
    content.write('last', content.length - 4);
    let trial: DiskTrial;
    let backend: DiskBackend;
    let directory: string;
    let spec: CloneSpec;
    const names = async (): Promise<readonly string[]> => (await readdir(directory)).toSorted();

    beforeEach(async () => {
      trial = await makeTrial();
      ({ backend } = trial);
      directory = await mkdtemp(join(trial.parent, 'disks-'));
      const originPath = join(directory, 'origin, of all.ext4');
      await writeFile(originPath, content, { mode: 0o400 });
      spec = { originPath, basePath: join(directory, 'root'), sizeBytes: 8 * MIB, tag: 'test' };
    });
    afterEach(async () => await rm(directory, { recursive: true }));

    test('a clone has the content of its origin, grown by zeros, and is where it was said', async () => {
      const disk = await backend.clone(spec, never);
      expect(disk).toEqual(backend.locate(spec.basePath));
      const seen = await trial.contentOf(disk);
      expect(seen.length).toBe(spec.sizeBytes);
      expect(seen.subarray(0, content.length).equals(content)).toBe(true);
      expect(seen.subarray(content.length).every((byte) => byte === 0)).toBe(true);
      expect((await stat(disk.path)).mode & 0o777).toBe(0o600);
      expect(await names()).toEqual(['origin, of all.ext4', disk.path.slice(directory.length + 1)]);
    });

    test('it is found when it is finished, and its origin is as it was', async () => {
      expect(await backend.find(spec)).toBeUndefined();
      const disk = await backend.clone(spec, never);
      expect(await backend.find(spec)).toEqual(disk);
      expect((await readFile(spec.originPath)).equals(content)).toBe(true);
    });

    test('removed twice is removed; without its origin too', async () => {
      await backend.clone(spec, never);
      await backend.remove({ ...spec, originPath: '' });
      await backend.remove({ ...spec, originPath: '' });
      expect(await names()).toEqual(['origin, of all.ext4']);
    });

    test("what a crash left half made is absent, removed, and in nobody's way", async () => {
      const { path } = backend.locate(spec.basePath);
      await writeFile(`${path}.new`, 'half');
      expect(await backend.find(spec)).toBeUndefined();
      await backend.remove(spec);
      expect(await names()).toEqual(['origin, of all.ext4']);
      await writeFile(`${path}.new`, 'half');
      const disk = await backend.clone(spec, never);
      expect((await trial.contentOf(disk)).subarray(0, 5).toString()).toBe('first');
    });

    test('two clones of one origin do not know each other', async () => {
      const first = await backend.clone(spec, never);
      const second = await backend.clone({ ...spec, basePath: join(directory, 'work'), sizeBytes: 4 * MIB }, never);
      expect((await trial.contentOf(first)).length).toBe(8 * MIB);
      expect((await trial.contentOf(second)).length).toBe(4 * MIB);
    });

    test('an abort keeps its reason and leaves nothing', async () => {
      await expect(backend.clone(spec, AbortSignal.abort(new Error('enough')))).rejects.toThrow('enough');
      const abort = new AbortController();
      const pending = backend.clone(spec, abort.signal);
      abort.abort(new Error('enough'));
      await expect(pending).rejects.toThrow();
      expect(await names()).toEqual(['origin, of all.ext4']);
    });

    test('a failure leaves nothing; a disk smaller than its origin is refused', async () => {
      await expect(backend.clone({ ...spec, sizeBytes: MIB }, never)).rejects.toMatchObject({ code: 'invalid_params' });
      await expect(backend.clone({ ...spec, originPath: join(directory, 'none') }, never)).rejects.toThrow();
      expect(await names()).toEqual(['origin, of all.ext4']);
    });
  });
}
