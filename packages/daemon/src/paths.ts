import { join } from 'node:path';
import { BangerError } from './errors.ts';

/** `sun_path` has 108 bytes, the last of them for NUL, see unix(7). */
const MAX_SOCKET_PATH_BYTES = 107;

/** Everything that one VM has on disk; the names are constant, because a VMM runs in the directory. */
export interface VmPaths {
  readonly directory: string;
  /** Without extension: the disk backend adds its own. */
  readonly rootDisk: string;
  readonly workDisk: string;
  readonly seed: string;
  /** The guest's SSH host key, made before its first boot. */
  readonly hostKey: string;
  readonly hostKeyPublic: string;
  readonly manifest: string;
  readonly qmpSocket: string;
  readonly vmmPid: string;
  readonly consoleLog: string;
  /** One per start, numbered from 1. */
  vmmLog(start: number): string;
}

/** Everything that one image has on disk, read-only once it is there. */
export interface ImagePaths {
  readonly directory: string;
  readonly rootfs: string;
  readonly workSeed: string;
  readonly kernel: string;
  /** Kernel modules for the initramfs, which is made from them as a runtime asset. */
  readonly modulesDir: string;
  readonly manifest: string;
}

/** Every name that the daemon uses on disk. docs/on-disk.md lists them. */
export interface Paths {
  readonly stateDir: string;
  readonly runDir: string;
  readonly socket: string;
  readonly database: string;
  readonly stateLock: string;
  readonly clientKey: string;
  readonly clientPublicKey: string;
  readonly assetsDir: string;
  readonly vmsDir: string;
  readonly imagesDir: string;
  /** Half-made images; on the images' file system, so that the last step is a rename. */
  readonly imageStagingDir: string;
  /** What is being removed: renamed here first, so that a crash leaves nothing half removed in its place. */
  readonly trashDir: string;
  readonly logFile: string;
  vm(id: string): VmPaths;
  image(id: string): ImagePaths;
}

export interface PathOptions {
  /** Absolute. */
  readonly stateDir: string;
  readonly runDir: string;
  /** `<runDir>/banger.sock` unless told. */
  readonly socketPath?: string | undefined;
}

/** Names only: nothing is made or looked at. */
export function makePaths({ stateDir, runDir, socketPath }: PathOptions): Paths {
  const vmsDir = join(stateDir, 'vms');
  const imagesDir = join(stateDir, 'images');
  return {
    stateDir,
    runDir,
    socket: socketPath ?? join(runDir, 'banger.sock'),
    database: join(stateDir, 'banger.db'),
    stateLock: join(stateDir, 'daemon.lock'),
    clientKey: join(stateDir, 'client_ed25519'),
    clientPublicKey: join(stateDir, 'client_ed25519.pub'),
    assetsDir: join(stateDir, 'assets'),
    vmsDir,
    imagesDir,
    imageStagingDir: join(stateDir, 'images-staging'),
    trashDir: join(stateDir, 'trash'),
    logFile: join(stateDir, 'bangerd.log'),
    vm: (id) => vmPaths(join(vmsDir, id)),
    image: (id) => imagePaths(join(imagesDir, id)),
  };
}

function vmPaths(directory: string): VmPaths {
  return {
    directory,
    rootDisk: join(directory, 'root'),
    workDisk: join(directory, 'work'),
    seed: join(directory, 'seed.tar'),
    hostKey: join(directory, 'ssh_host_ed25519_key'),
    hostKeyPublic: join(directory, 'ssh_host_ed25519_key.pub'),
    manifest: join(directory, 'manifest.json'),
    qmpSocket: join(directory, 'qmp.sock'),
    vmmPid: join(directory, 'vmm.pid'),
    consoleLog: join(directory, 'console.log'),
    vmmLog: (start) => join(directory, `vmm-${start}.log`),
  };
}

/** Names inside an image's directory, also while it is still being built elsewhere. */
export function imagePaths(directory: string): ImagePaths {
  return {
    directory,
    rootfs: join(directory, 'rootfs.ext4'),
    workSeed: join(directory, 'work-seed.ext4'),
    kernel: join(directory, 'vmlinux'),
    modulesDir: join(directory, 'modules'),
    manifest: join(directory, 'manifest.json'),
  };
}

/** A socket path that is longer than the kernel takes, and what to change. */
export interface SocketPathFinding {
  readonly path: string;
  readonly excessBytes: number;
  /** The configuration key whose value is too long. */
  readonly key: 'socket_path' | 'run_dir' | 'state_dir';
}

/** Checks each socket that the daemon or a VMM of it will bind, before anything is made. */
export function checkSocketPaths(options: PathOptions): readonly SocketPathFinding[] {
  const paths = makePaths(options);
  const candidates = [
    { path: paths.socket, key: options.socketPath === undefined ? 'run_dir' : 'socket_path' },
    // VM ids all have 16 digits.
    { path: paths.vm('0'.repeat(16)).qmpSocket, key: 'state_dir' },
  ] as const;
  return candidates.flatMap(({ path, key }) => {
    const excessBytes = Buffer.byteLength(path) - MAX_SOCKET_PATH_BYTES;
    return excessBytes > 0 ? [{ path, key, excessBytes }] : [];
  });
}

/**
 * The names for a configuration that can work.
 * @throws BangerError path_too_long
 */
export function resolvePaths(options: PathOptions): Paths {
  const [finding] = checkSocketPaths(options);
  if (finding === undefined) return makePaths(options);
  const { path, key, excessBytes } = finding;
  throw new BangerError(
    'path_too_long',
    `the socket path ${path} has ${Buffer.byteLength(path)} bytes, Linux allows ${MAX_SOCKET_PATH_BYTES}`,
    {
      remediation: `Make ${key} at least ${excessBytes} ${excessBytes === 1 ? 'byte' : 'bytes'} shorter.`,
      details: { path, key, excessBytes },
    },
  );
}
