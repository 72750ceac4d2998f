import { chmod, copyFile, mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Runner } from '@banger/system';
import { sha256File } from '../digest.ts';
import { makeExt4 } from '../ext4.ts';
import { requireFreeSpace } from '../free-space.ts';
import { assetPath } from '../guest-files.ts';
import { extractKernel } from '../kernel/extract.ts';
import { bootModules, collectModules } from '../kernel/modules.ts';
import { runTool } from '../run-tool.ts';
import { treeBytes } from '../tree-size.ts';
import { aptProxyOptions } from './apt-proxy.ts';
import { mmdebstrapArguments } from './mmdebstrap-arguments.ts';
import { classifyMmdebstrap } from './mmdebstrap-failure.ts';
import { type BuildProgress, MmdebstrapProgress } from './mmdebstrap-output.ts';
import { defaultMirror, defaultPackages } from './release.ts';

export interface BuildDebianImageOptions {
  /** Code name of the release, `trixie`. */
  readonly suite: string;
  /** `http://deb.debian.org/debian` unless told. */
  readonly mirror?: string;
  /** Beside what makes a Debian minimal; `defaultPackages` unless told. systemd and openssh-server must be among them. */
  readonly packages?: readonly string[];
  /** Exists and is empty; receives the image's files. What is in it after a failure is the caller's to remove. */
  readonly directory: string;
  readonly runner: Runner;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: BuildProgress) => void;
}

/** Files of an image, relative to its directory. */
export const imageFileNames = {
  rootfs: 'rootfs.ext4',
  workSeed: 'work-seed.ext4',
  kernel: 'vmlinux',
  modules: 'modules',
} as const;

export interface BuiltImage {
  /** `sha256:<64 hex>` of the root file system. */
  readonly digest: string;
  /** Virtual size of the root file system. */
  readonly sizeBytes: number;
  /** Virtual size of the work seed. */
  readonly workSeedBytes: number;
  readonly kernelVersion: string;
  /** Kernel modules for the initramfs in load order, relative to the directory. */
  readonly modules: readonly string[];
}

const MIB = 1024 * 1024;
const WORK_SEED_BYTES = 64 * MIB;
/** The tree and the file system beside each other, and packages on their way. */
const NEEDED_BYTES = 1200 * MIB;

/**
 * Builds a Debian root file system with a kernel from a mirror, by mmdebstrap. Needs root for it.
 * When it fails or is aborted, no process and no mount is left.
 * @throws ImageError; the signal's reason when it was aborted
 */
export async function buildDebianImage(options: BuildDebianImageOptions): Promise<BuiltImage> {
  const { directory, runner, signal, onProgress = () => {} } = options;
  await requireFreeSpace(directory, NEEDED_BYTES);
  const tree = join(directory, 'tree');
  try {
    await bootstrap(options, tree, onProgress);
    onProgress({ message: 'unpacking the kernel', fraction: null });
    const { kernelVersion, modules } = await takeKernel(options, tree);
    onProgress({ message: 'writing the file systems', fraction: null });
    const sizeBytes = await writeFileSystems(options, tree);
    onProgress({ message: 'computing the digest', fraction: null });
    const digest = await sha256File(join(directory, imageFileNames.rootfs), signal);
    return { digest, sizeBytes, workSeedBytes: WORK_SEED_BYTES, kernelVersion, modules };
  } finally {
    await removeTree(runner, tree);
  }
}

async function bootstrap(
  { suite, mirror = defaultMirror, packages = defaultPackages, directory, runner, signal }: BuildDebianImageOptions,
  treePath: string,
  onProgress: (progress: BuildProgress) => void,
): Promise<void> {
  const hookPath = join(directory, 'customize.sh');
  await copyFile(fileURLToPath(assetPath('debian/customize.sh')), hookPath);
  await chmod(hookPath, 0o755);
  const aptOptions = await aptProxyOptions(runner, signal);
  const argv = mmdebstrapArguments({ suite, mirror, packages, treePath, hookPath, aptOptions });
  const progress = new MmdebstrapProgress();
  await runTool(runner, argv, {
    signal,
    privileged: true,
    what: `building a Debian image (${suite})`,
    // apt keeps packages that wait in the tree, not in a small /tmp.
    env: { TMPDIR: directory },
    onStderrLine: (line) => {
      const step = progress.line(line);
      if (step) onProgress(step);
    },
    classify: (lines) => classifyMmdebstrap(lines, { suite, mirror }),
  });
  await rm(hookPath);
}

async function takeKernel(
  { directory, runner, signal }: BuildDebianImageOptions,
  tree: string,
): Promise<Pick<BuiltImage, 'kernelVersion' | 'modules'>> {
  const versions = join(tree, 'usr/lib/modules');
  const [kernelVersion = ''] = await readdir(versions);
  const context = { runner, ...(signal && { signal }) };
  await extractKernel(join(`${tree}.kernel`, 'vmlinuz'), join(directory, imageFileNames.kernel), context);
  const modules = await collectModules({
    ...context,
    modulesDirectory: join(versions, kernelVersion),
    names: bootModules,
    outDirectory: join(directory, imageFileNames.modules),
  });
  return { kernelVersion, modules: modules.map((name) => join(imageFileNames.modules, name)) };
}

/** @returns the virtual size of the root file system in bytes */
async function writeFileSystems({ directory, runner, signal }: BuildDebianImageOptions, tree: string): Promise<number> {
  const context = { runner, ...(signal && { signal }) };
  const workSeed = join(directory, imageFileNames.workSeed);
  await mkdir(`${tree}.home`, { recursive: true });
  await makeExt4({ ...context, sourceDirectory: `${tree}.home`, outPath: workSeed, sizeBytes: WORK_SEED_BYTES });
  const sizeBytes = rootfsBytes(await treeBytes(runner, tree, signal));
  const rootfs = join(directory, imageFileNames.rootfs);
  await makeExt4({ ...context, sourceDirectory: tree, outPath: rootfs, sizeBytes });
  return sizeBytes;
}

/** Room for the content, the file system's own needs, and a start's writes; a multiple of 256 MiB, at least 1 GiB. */
function rootfsBytes(contentBytes: number): number {
  const step = 256 * MIB;
  return Math.max(1024 * MIB, Math.ceil((contentBytes * 1.3 + 128 * MIB) / step) * step);
}

/** It belongs to root. Not ended by the caller's signal: nothing may be left. */
async function removeTree(runner: Runner, tree: string): Promise<void> {
  await runTool(runner, ['rm', '-rf', '--one-file-system', '--', tree, `${tree}.kernel`, `${tree}.home`], {
    privileged: true,
    what: 'removing the build directory',
  });
}
