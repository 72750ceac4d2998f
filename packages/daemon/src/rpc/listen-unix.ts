import type { Stats } from 'node:fs';
import { chmod, chown, type FileHandle, lstat, mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { createConnection, createServer, type Server, type Socket } from 'node:net';
import { basename, dirname, join } from 'node:path';
import { BangerError } from '../errors.ts';

/** sun_path of unix(7) has 108 bytes, one of them for the end. */
const MAX_SOCKET_PATH_BYTES = 107;

export interface ConnectionHandlers {
  readonly accept: (socket: Socket) => void;
  /** A connection could not be accepted, for example because the process has too many open files. */
  readonly onError: (error: Error) => void;
}

export interface ListenUnixOptions extends ConnectionHandlers {
  /** Permissions of the socket file: who may connect. */
  readonly mode: number;
  /** Name or id of the group that owns the socket file; the daemon's own unless told. */
  readonly group?: string | number;
}

export interface Listener {
  /** Takes no more connections and removes the socket file; those that are open stay. */
  close(): Promise<void>;
}

/**
 * Listens on a Unix socket that nobody can reach before its owner and permissions are set. A socket file that nobody
 * answers on is replaced. Call it under the daemon's state lock only: two at the same time would replace each other's.
 * @throws BangerError `path_too_long`, `daemon_already_running`, `config_invalid` (no such group, or the path is
 * something else than a socket), `permission_denied`
 */
export async function listenUnix(path: string, options: ListenUnixOptions): Promise<Listener> {
  checkLength(path);
  const groupId = await findGroup(options.group);
  await refuseLiving(path);
  // Bound in a directory that only we may enter, and moved into its place when it is ready.
  const nursery = join(dirname(path), `.${basename(path)}.new`);
  await rm(nursery, { recursive: true, force: true });
  await mkdir(nursery, { mode: 0o700 }).catch((cause: unknown) => {
    throw new BangerError('permission_denied', `cannot create a socket in ${dirname(path)}`, {
      remediation: 'Run the daemon as root, or set another socket path.',
      cause,
    });
  });
  // Bound through the directory's descriptor, for its path is longer than the socket's may be. Kept open: when the
  // server closes it removes the file by this path, and the number must not mean another directory by then.
  const directory = await open(nursery, 'r');
  const server = createServer({ allowHalfOpen: true }, options.accept);
  try {
    await listening(server, { path: `/proc/self/fd/${directory.fd}/socket` }, options.onError);
    const born = join(nursery, 'socket');
    if (groupId !== undefined) await chown(born, -1, groupId);
    await chmod(born, options.mode);
    const own = await lstat(born);
    await rename(born, path);
    return { close: () => stop(server, directory, () => removeOwn(path, own)) };
  } catch (error) {
    await stop(server, directory);
    throw error;
  } finally {
    await rm(nursery, { recursive: true, force: true });
  }
}

/** Listens on a socket that was opened for us, for example by systemd; its file is not ours to remove. */
export async function listenFd(fd: number, { accept, onError }: ConnectionHandlers): Promise<Listener> {
  const server = createServer({ allowHalfOpen: true }, accept);
  await listening(server, { fd }, onError);
  return { close: () => stop(server) };
}

function checkLength(path: string): void {
  const bytes = Buffer.byteLength(path);
  if (bytes <= MAX_SOCKET_PATH_BYTES) return;
  throw new BangerError(
    'path_too_long',
    `the socket path has ${bytes} bytes, Linux allows ${MAX_SOCKET_PATH_BYTES}: ${path}`,
    {
      remediation: 'Choose a shorter one in the configuration.',
      details: { path, bytes, maxBytes: MAX_SOCKET_PATH_BYTES },
    },
  );
}

function listening(
  server: Server,
  where: { path: string } | { fd: number },
  onError: (error: Error) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(where, () => {
      server.off('error', reject).on('error', onError);
      resolve();
    });
  });
}

async function refuseLiving(path: string): Promise<void> {
  const found = await lstat(path).catch(() => undefined);
  if (found === undefined) return;
  if (!found.isSocket()) {
    throw new BangerError('config_invalid', `${path} is in the way: it is not a socket`, {
      remediation: 'Remove it, or set another socket path.',
    });
  }
  if (await answers(path)) {
    throw new BangerError('daemon_already_running', `another daemon answers on ${path}`, {
      remediation: 'Use it, or stop it with `banger daemon stop`.',
    });
  }
}

/** Nobody listens when the connection is refused; everything else, also a full queue, means that somebody does. */
function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ path });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', (error: NodeJS.ErrnoException) => {
      resolve(error.code !== 'ECONNREFUSED' && error.code !== 'ENOENT');
    });
  });
}

/** Local groups only: the daemon's group is made by its installation. */
async function findGroup(group: string | number | undefined): Promise<number | undefined> {
  if (typeof group !== 'string') return group;
  for (const line of (await readFile('/etc/group', 'utf8')).split('\n')) {
    const [name, , id] = line.split(':');
    if (name === group && id !== undefined) return Number(id);
  }
  throw new BangerError('config_invalid', `there is no group ${group} for the daemon's socket`, {
    remediation: `Create it with \`groupadd --system ${group}\`, or set another one in the configuration.`,
  });
}

/** Does not wait for connections that are open: who they belong to ends them. */
async function stop(server: Server, directory?: FileHandle, remove?: () => Promise<void>): Promise<void> {
  server.close();
  await directory?.close();
  await remove?.();
}

/** Not somebody else's that has taken the place. */
async function removeOwn(path: string, own: Pick<Stats, 'ino' | 'dev'>): Promise<void> {
  const found = await lstat(path).catch(() => undefined);
  if (found?.ino === own.ino && found.dev === own.dev) await rm(path, { force: true });
}
