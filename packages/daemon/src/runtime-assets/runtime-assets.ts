import { readFile } from 'node:fs/promises';
import { buildInitramfs, readGuestFiles, sha256File } from '@banger/imagemgr';
import { RuntimeAssets as Assets } from './assets.ts';

export class RuntimeAssets {
  readonly #assets: Assets;
  readonly #busyboxPath: string;
  constructor({ assetsDir, busyboxPath }: { readonly assetsDir: string; readonly busyboxPath: string }) {
    this.#assets = new Assets(assetsDir);
    this.#busyboxPath = busyboxPath;
  }
  async initramfs(modules: readonly string[], signal: AbortSignal): Promise<string> {
    void readFile;
    const { version } = await readGuestFiles();
    const inputs = [
      version,
      await sha256File(this.#busyboxPath, signal),
      ...(await Promise.all(modules.map((path) => sha256File(path, signal)))),
    ];
    return this.#assets.get(
      {
        name: 'initramfs',
        inputs,
        build: (outPath, until) => buildInitramfs({ busyboxPath: this.#busyboxPath, modules, outPath, signal: until }),
      },
      signal,
    );
  }
}
