import { stat, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { StateDirFacts } from './types.ts';

/** Magic numbers of statfs(2). */
const fileSystems: Readonly<Record<number, string>> = {
  0xef53: 'ext4',
  0x58465342: 'xfs',
  0x9123683e: 'btrfs',
  0x2fc12fc1: 'zfs',
  0x01021994: 'tmpfs',
  0x794c7630: 'overlay',
  0x6969: 'nfs',
  0xff534d42: 'cifs',
  0xfe534d42: 'smb',
  0x517b: 'smb',
  0x01021997: '9p',
  0x65735546: 'fuse',
};

export async function gatherStateDir(stateDir: string): Promise<StateDirFacts> {
  const lookedAt = await nearestExisting(stateDir);
  const { mode, uid } = await stat(lookedAt);
  const { type, bavail, bsize } = await statfs(lookedAt);
  return {
    exists: lookedAt === stateDir,
    lookedAt,
    mode: mode & 0o7777,
    ownedByUs: uid === process.geteuid?.(),
    fileSystem: fileSystems[type] ?? `0x${type.toString(16)}`,
    freeBytes: bavail * bsize,
  };
}

async function nearestExisting(path: string): Promise<string> {
  const there = await exists(path);
  return there || path === '/' ? path : nearestExisting(dirname(path));
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}
