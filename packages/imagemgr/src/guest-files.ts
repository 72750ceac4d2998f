import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';

/** The programs that we put into a guest, as they are shipped with this package. */
export interface GuestFiles {
  /** PID 1 of the initramfs. */
  readonly init: Buffer;
  /** What the init puts under /run/banger, by name. */
  readonly runtime: ReadonlyMap<string, Buffer>;
  /** sha256 of all of them, 64 hex digits: an initramfs with another one is outdated. */
  readonly version: string;
}

// The same from src/ and from dist/.
const assets = new URL('../assets/', import.meta.url);

/** Reads them from this package's assets. */
export async function readGuestFiles(): Promise<GuestFiles> {
  const directory = new URL('guest/', assets);
  const names = (await readdir(directory)).toSorted();
  const init = await readFile(new URL('init.sh', assets));
  const runtime = new Map<string, Buffer>();
  for (const name of names) runtime.set(name, await readFile(new URL(name, directory)));
  const hash = createHash('sha256');
  for (const [name, data] of [['init', init] as const, ...runtime]) {
    hash.update(`${name}\0${data.length}\0`).update(data);
  }
  return { init, runtime, version: hash.digest('hex') };
}

/** Where an asset of this package is. */
export function assetPath(name: string): URL {
  return new URL(name, assets);
}
