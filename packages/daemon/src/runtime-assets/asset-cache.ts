import { createHash, randomBytes } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface AssetSpec {
  /** File name inside the asset's directory. */
  readonly name: string;
  /** Digests and versions of all that goes into it: another input is another asset. */
  readonly inputs: readonly string[];
  readonly build: (path: string) => Promise<void>;
}

/**
 * Files that banger makes for itself on this host, kept under the digest of what they are made of. Built once, also
 * when several ask at the same time; checked by digest before each use, and built again when damaged.
 */
export class AssetCache {
  readonly #directory: string;
  readonly #inFlight = new Map<string, Promise<string>>();

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** Path of the asset. `signal` ends the wait, not the build: others may wait for it too. */
  async get(spec: AssetSpec, signal: AbortSignal): Promise<string> {
    signal.throwIfAborted();
    const key = sha256(JSON.stringify([spec.name, ...spec.inputs])).slice(0, 32);
    const shared = this.#inFlight.get(key) ?? this.#start(key, spec);
    const aborted = Promise.withResolvers<never>();
    const abort = (): void => aborted.reject(signal.reason as Error);
    signal.addEventListener('abort', abort, { once: true });
    try {
      return await Promise.race([shared, aborted.promise]);
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }

  #start(key: string, spec: AssetSpec): Promise<string> {
    const started = this.#provide(key, spec).finally(() => this.#inFlight.delete(key));
    this.#inFlight.set(key, started);
    started.catch(() => {}); // everybody may have stopped waiting
    return started;
  }

  async #provide(key: string, spec: AssetSpec): Promise<string> {
    const directory = join(this.#directory, key);
    const path = join(directory, spec.name);
    if (await isWhole(path)) return path;
    const staging = join(this.#directory, `.new-${key}-${randomBytes(4).toString('hex')}`);
    try {
      await mkdir(staging, { recursive: true, mode: 0o700 });
      const built = join(staging, spec.name);
      await spec.build(built);
      await writeFile(`${built}.sha256`, sha256(await readFile(built)));
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
