import { readFileSync, statSync } from 'node:fs';

/** Who holds a write lock on a file, as far as the kernel tells; read without opening the file. */
export function lockHolderPid(path: string): number | undefined {
  try {
    const { dev, ino } = statSync(path);
    return findHolder(readFileSync('/proc/locks', 'latin1'), dev, ino);
  } catch {
    return undefined; // only used to make a message better
  }
}

/** Parses /proc/locks, see proc_locks(5): `1: POSIX  ADVISORY  WRITE 2344 fe:00:10028574 0 EOF`. */
export function findHolder(procLocks: string, dev: number, ino: number): number | undefined {
  for (const line of procLocks.split('\n')) {
    const [, kind, , access, pid, file] = line.split(/\s+/);
    if (kind !== 'POSIX' || access !== 'WRITE' || file === undefined) continue;
    const [major = '', minor = '', inode = ''] = file.split(':');
    if (Number(inode) !== ino || deviceNumber(Number.parseInt(major, 16), Number.parseInt(minor, 16)) !== dev) continue;
    const holder = Number(pid);
    if (holder > 0) return holder; // 0 or -1: in a pid namespace that we cannot see
  }
  return undefined;
}

/** As in makedev(3) of glibc, within what a double holds. */
function deviceNumber(major: number, minor: number): number {
  return (minor & 0xff) + (major & 0xfff) * 2 ** 8 + (minor >>> 8) * 2 ** 20 + Math.floor(major / 2 ** 12) * 2 ** 44;
}
