import { buildInitramfs, ImageError, readGuestFiles, sha256File } from '@banger/imagemgr';
import { BangerError } from '../errors.ts';
import { AssetCache } from './asset-cache.ts';

export interface RuntimeAssetsOptions {
  readonly assetsDir: string;
  /** A statically linked busybox. */
  readonly busyboxPath: string;
}

/** What a VM boots with that is neither its image's nor its own. */
export class RuntimeAssets {
  readonly #cache: AssetCache;
  readonly #busyboxPath: string;

  constructor({ assetsDir, busyboxPath }: RuntimeAssetsOptions) {
    this.#cache = new AssetCache(assetsDir);
    this.#busyboxPath = busyboxPath;
  }

  /**
   * Path of an initramfs with these modules (absolute paths, in load order), this host's busybox and this version's
   * init: when one of them changes, another initramfs is made.
   * @throws BangerError prerequisite_missing, image_corrupt; the signal's reason
   */
  async initramfs(modules: readonly string[], signal: AbortSignal): Promise<string> {
    const busyboxPath = this.#busyboxPath;
    const busybox = await sha256File(busyboxPath, signal).catch((cause: unknown) => {
      signal.throwIfAborted();
      throw new BangerError('prerequisite_missing', `busybox cannot be read at ${busyboxPath}`, {
        remediation: 'Install the package busybox-static.',
        cause,
      });
    });
    const moduleDigests = await Promise.all(modules.map((path) => moduleDigest(path, signal)));
    const { version } = await readGuestFiles();
    return this.#cache.get(
      {
        name: 'initramfs.cpio',
        inputs: [version, busybox, ...moduleDigests],
        build: (outPath) => buildInitramfs({ busyboxPath, modules, outPath }).catch(rethrow),
      },
      signal,
    );
  }
}

async function moduleDigest(path: string, signal: AbortSignal): Promise<string> {
  try {
    return await sha256File(path, signal);
  } catch (cause) {
    signal.throwIfAborted();
    throw new BangerError('image_corrupt', `the image lacks its kernel module ${path}`, {
      remediation: 'Delete the image with `banger image delete` and pull it again.',
      cause,
    });
  }
}

function rethrow(error: unknown): never {
  if (!(error instanceof ImageError)) throw error;
  throw new BangerError(error.code === 'corrupt' ? 'image_corrupt' : 'prerequisite_missing', error.message, {
    ...(error.remediation !== undefined && { remediation: error.remediation }),
    details: error.details,
    cause: error,
  });
}
