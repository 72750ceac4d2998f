import { chmod, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { type CpioEntry, cpioArchive } from './cpio.ts';
import { isStaticExecutable } from './elf.ts';
import { ImageError } from './errors.ts';
import { type GuestFiles, readGuestFiles } from './guest-files.ts';

export interface InitramfsOptions {
  /** A statically linked busybox of the guest's architecture. */
  readonly busyboxPath: string;
  /** Plain .ko files of the kernel that will boot, in load order. */
  readonly modules: readonly string[];
  readonly outPath: string;
  readonly signal?: AbortSignal;
}

// The shell runs applets through /proc/self/exe; these it must find while /proc is not there, or not any more.
const linkedApplets = ['sh', 'mount', 'mkdir', 'chroot', 'readlink', 'switch_root', 'reboot'];

// Commands that talk to systemd; until it answers, each waits for it (see guest/bin/systemctl).
const waitingCommands = [
  ...['journalctl', 'loginctl', 'hostnamectl', 'timedatectl', 'busctl', 'systemd-run', 'systemd-analyze'],
  ...['service', 'poweroff', 'reboot', 'shutdown', 'halt'],
];

/**
 * Writes the initramfs that boots every guest: busybox, the modules and our init. Not compressed: unpacking would cost
 * the guest more time than reading costs the host. The same input gives the same bytes. Atomic.
 * @throws ImageError `invalid` when busybox is not static, `corrupt` when a module is not a plain one
 */
export async function buildInitramfs(options: InitramfsOptions): Promise<void> {
  const { busyboxPath, modules, outPath, signal } = options;
  const busybox = await readFile(busyboxPath, { signal });
  if (!isStaticExecutable(busybox)) {
    throw new ImageError('invalid', `${busyboxPath} is not a statically linked program`, {
      remediation: 'Install the package busybox-static.',
    });
  }
  const moduleFiles = await Promise.all(modules.map((path) => readModule(path, signal)));
  const archive = cpioArchive(initramfsEntries(busybox, moduleFiles, await readGuestFiles()));
  signal?.throwIfAborted();
  await writeAtomic(outPath, archive);
}

interface ModuleFile {
  readonly name: string;
  readonly data: Buffer;
}

async function readModule(path: string, signal: AbortSignal | undefined): Promise<ModuleFile> {
  const data = await readFile(path, { signal });
  // "\x7fELF": a compressed module has another beginning, and busybox cannot load it.
  if (data.toString('latin1', 0, 4) !== '\x7fELF')
    throw new ImageError('corrupt', `${path} is not a plain kernel module`);
  return { name: basename(path), data };
}

function initramfsEntries(busybox: Buffer, modules: readonly ModuleFile[], guest: GuestFiles): CpioEntry[] {
  const directories = ['bin', 'dev', 'guest', 'guest/bin', 'modules', 'newroot', 'proc', 'run', 'sys'];
  return [
    ...directories.map((path): CpioEntry => ({ type: 'directory', path })),
    // The kernel opens the console for init, and the shell /dev/null, before and after devtmpfs is mounted there.
    { type: 'character-device', path: 'dev/console', mode: 0o600, major: 5, minor: 1 },
    { type: 'character-device', path: 'dev/null', mode: 0o666, major: 1, minor: 3 },
    { type: 'file', path: 'init', mode: 0o755, data: guest.init },
    { type: 'file', path: 'bin/busybox', mode: 0o755, data: busybox },
    ...linkedApplets.map((name): CpioEntry => ({ type: 'symlink', path: `bin/${name}`, target: 'busybox' })),
    ...[...guest.runtime].map(
      ([name, data]): CpioEntry => ({ type: 'file', path: `guest/${name}`, mode: 0o755, data }),
    ),
    ...waitingCommands.map((name): CpioEntry => ({ type: 'symlink', path: `guest/bin/${name}`, target: 'systemctl' })),
    {
      type: 'file',
      path: 'modules/order',
      mode: 0o644,
      data: Buffer.from(modules.map(({ name }) => `${name}\n`).join('')),
    },
    ...modules.map(({ name, data }): CpioEntry => ({ type: 'file', path: `modules/${name}`, mode: 0o644, data })),
  ];
}

async function writeAtomic(path: string, data: Uint8Array): Promise<void> {
  const staging = `${path}.${process.pid}.new`;
  await mkdir(dirname(path), { recursive: true });
  try {
    await writeFile(staging, data);
    await chmod(staging, 0o644);
    await rename(staging, path);
  } catch (error) {
    await rm(staging, { force: true });
    throw error;
  }
}
