import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { zstdDecompress } from 'node:zlib';
import { createRunner } from '@banger/system';

/** Made by `mkfs.xfs --unsupported -m reflink=1` in a file of 64 MiB; so that tests need no xfsprogs. */
const EMPTY_XFS = new URL('../fixtures/empty-xfs.img.zst', import.meta.url);

export const runner = createRunner({ env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' } });

/** An empty xfs of 64 MiB in a file, mounted by a loop device. */
export class LoopMount implements AsyncDisposable {
  /** Where it is mounted. */
  readonly directory: string;
  readonly #parent: string;

  private constructor(parent: string) {
    this.#parent = parent;
    this.directory = join(parent, 'mount');
  }

  static async make(): Promise<LoopMount> {
    const mount = new LoopMount(await mkdtemp(join(tmpdir(), 'bgt-disks-')));
    try {
      const image = join(mount.#parent, 'xfs.img');
      await writeFile(image, await promisify(zstdDecompress)(await readFile(EMPTY_XFS)));
      await mkdir(mount.directory);
      // nouuid: several may be mounted at a time.
      await runner.run(['mount', '-t', 'xfs', '-o', 'loop,nouuid', image, mount.directory], { privileged: true });
      return mount;
    } catch (error) {
      await rm(mount.#parent, { recursive: true });
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await runner.run(['umount', this.directory], { privileged: true });
    await rm(this.#parent, { recursive: true });
  }
}
