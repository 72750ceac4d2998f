import { copyFile, mkdir, readFile, rename, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Runner } from '@banger/system';
import { ImageError } from '../errors.ts';
import { runTool } from '../run-tool.ts';

export interface CollectModulesOptions {
  /** `/lib/modules/<version>` of a root file system. */
  readonly modulesDirectory: string;
  /** Modules that are needed, `virtio_blk`; those built into the kernel are left out. */
  readonly names: readonly string[];
  /** Receives plain .ko files. */
  readonly outDirectory: string;
  readonly runner: Runner;
  readonly signal?: AbortSignal;
}

/** What a guest needs before its root file system is there, on virtio-mmio. */
export const bootModules: readonly string[] = ['virtio_mmio', 'virtio_blk', 'virtio_net', 'ext4'];

/**
 * Copies modules and all that they depend on, unpacked, in load order.
 * @returns file names in `outDirectory`, in load order
 * @throws ImageError `kernel_unsupported` when the kernel has one of them neither as a module nor built in
 */
export async function collectModules(options: CollectModulesOptions): Promise<readonly string[]> {
  const { modulesDirectory, names, outDirectory, signal } = options;
  const dependencies = parseModulesDep(
    await readFile(join(modulesDirectory, 'modules.dep'), { encoding: 'utf8', signal }),
  );
  const builtin = await readFile(join(modulesDirectory, 'modules.builtin'), { encoding: 'utf8', signal });
  const order = loadOrder(names, dependencies, new Set(builtin.split('\n').filter(Boolean).map(moduleName)));
  await mkdir(outDirectory, { recursive: true });
  for (const path of order) await copyPlain(join(modulesDirectory, path), outDirectory, options);
  return order.map((path) => basename(path).replace(/\.ko\..*$/, '.ko'));
}

/** Path of each module to the paths that it needs; the format is depmod's, see modules.dep(5). */
export function parseModulesDep(text: string): ReadonlyMap<string, readonly string[]> {
  const entries = text.split('\n').flatMap((line): [string, readonly string[]][] => {
    const colon = line.indexOf(':');
    if (colon <= 0) return [];
    return [
      [
        line.slice(0, colon),
        line
          .slice(colon + 1)
          .split(' ')
          .filter(Boolean),
      ],
    ];
  });
  return new Map(entries);
}

/** Paths in an order in which insmod takes them. */
export function loadOrder(
  names: readonly string[],
  dependencies: ReadonlyMap<string, readonly string[]>,
  builtin: ReadonlySet<string>,
): readonly string[] {
  const pathOf = new Map([...dependencies.keys()].map((path) => [moduleName(path), path]));
  const order = new Set<string>();
  const visiting = new Set<string>();
  const visit = (path: string): void => {
    // depmod refuses circles; a damaged file must not hang us.
    if (order.has(path) || visiting.has(path)) return;
    visiting.add(path);
    for (const needed of (dependencies.get(path) ?? []).toReversed()) visit(needed);
    order.add(path);
  };
  for (const name of names) {
    const path = pathOf.get(name);
    if (path !== undefined) visit(path);
    else if (!builtin.has(name)) {
      throw new ImageError('kernel_unsupported', `the kernel has no ${name}, neither as a module nor built in`, {
        remediation: "Use a kernel with virtio-mmio, such as Debian's linux-image-cloud-amd64.",
      });
    }
  }
  return [...order];
}

/** `kernel/drivers/char/hw_random/virtio-rng.ko.xz` is the module virtio_rng. */
function moduleName(path: string): string {
  return basename(path)
    .replace(/\.ko(\..*)?$/, '')
    .replaceAll('-', '_');
}

const unpackers: Readonly<Record<string, readonly [string, ...string[]]>> = {
  '.xz': ['xz', '--decompress', '--force'],
  '.zst': ['zstd', '--decompress', '--force', '--quiet', '--rm'],
  '.gz': ['gzip', '--decompress', '--force'],
};

async function copyPlain(source: string, directory: string, { runner, signal }: CollectModulesOptions): Promise<void> {
  const staging = join(directory, `.${basename(source)}`);
  const suffix = /\.ko(\.\w+)?$/.exec(source)?.[1] ?? '';
  try {
    await copyFile(source, staging);
    const unpacker = unpackers[suffix];
    if (unpacker) await runTool(runner, [...unpacker, staging], { signal, what: 'unpacking a kernel module' });
    else if (suffix !== '') throw new ImageError('kernel_unsupported', `${source} is packed in an unknown way`);
    const plain = staging.slice(0, staging.length - suffix.length);
    await rename(plain, join(directory, basename(plain).slice(1)));
  } finally {
    await rm(staging, { force: true });
  }
}
