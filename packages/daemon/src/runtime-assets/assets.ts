import { createHash, randomBytes } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface AssetSpec {
  /** File name inside the asset's directory. */
  readonly name: string;
  /** Digests and versions of all that goes into it: another input is another asset. */
  readonly inputs: readonly string[];
  readonly build: (path: string, signal: AbortSignal) => Promise<void>;
}

/**
 * Files that banger makes for itself on this host (the initramfs), kept under the digest of what they are made of.
 * Built once, also when several ask at the same time; checked by digest once per process, and built again when damaged.
 */
export class RuntimeAssets {
  readonly #directory: string;
  readonly #known = new Map<string, Promise<string>>();

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** Path of the asset. A failed or cancelled build is tried again by the next who asks. */
  async get(spec: AssetSpec, signal: AbortSignal): Promise<string> {
    const key = sha256(JSON.stringify([spec.name, ...spec.inputs])).slice(0, 32);
    let known = this.#known.get(key);
    if (!known) {
      known = this.#provide(key, spec, signal);
      this.#known.set(key, known);
      known.catch(() => this.#known.delete(key));
    }
    return known;
  }

  async #provide(key: string, spec: AssetSpec, signal: AbortSignal): Promise<string> {
    const directory = join(this.#directory, key);
    const path = join(directory, spec.name);
    if (await isWhole(path)) return path;
    const staging = join(this.#directory, `.new-${key}-${randomBytes(4).toString('hex')}`);
    try {
      await mkdir(staging, { mode: 0o700 });
      await spec.build(join(staging, spec.name), signal);
      await writeFile(join(staging, `${spec.name}.sha256`), sha256(await readFile(join(staging, spec.name))));
      await rm(directory, { recursive: true, force: true });
      await rename(staging, directory);
    } finally {
      await rm(staging, { recursive: true, force: true });
    }
    return path;
  }
}

async function isWhole(path: string): Promise<boolean> {
  try {
    return sha256(await readFile(path)) === (await readFile(`${path}.sha256`, 'utf8'));
  } catch {
    // Not there, or only half of it: both are built anew.
    return false;
  }
}

function sha256(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}
