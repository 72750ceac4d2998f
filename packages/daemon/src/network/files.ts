import { constants } from 'node:fs';
import { access, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Reads facts of the host from /proc, /sys, /dev and /etc, below `root` (the real one unless a test says otherwise). */
export class HostFiles {
  readonly #root: string;

  constructor(root = '/') {
    this.#root = root;
  }

  /** The content without blanks at its ends; undefined when there is no such file. */
  async read(path: string): Promise<string | undefined> {
    try {
      return (await readFile(join(this.#root, path), 'utf8')).trim();
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  }

  async exists(path: string): Promise<boolean> {
    return (await this.#access(path, constants.F_OK)) === undefined;
  }

  /** Whether the file system itself forbids to write there, to root too: a container's read-only /proc/sys. */
  async isReadOnly(path: string): Promise<boolean> {
    return (await this.#access(path, constants.W_OK)) === 'EROFS';
  }

  async #access(path: string, mode: number): Promise<string | undefined> {
    try {
      await access(join(this.#root, path), mode);
      return undefined;
    } catch (error) {
      return (error as NodeJS.ErrnoException).code ?? 'unknown';
    }
  }
}

/** Also for a sysfs attribute of a device that goes away while it is read (EINVAL, ENODEV). */
function isMissing(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOENT' || code === 'ENOTDIR' || code === 'ENODEV' || code === 'EINVAL';
}
