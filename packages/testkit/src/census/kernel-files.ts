import type { Dirent } from 'node:fs';
import { readdir, readFile, readlink, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { CensusProcess, Entries } from './types.ts';

/** Paths that are too lively, or gone between listing and reading, are nothing. */
async function orNothing<T>(reading: Promise<T>, nothing: T): Promise<T> {
  try {
    return await reading;
  } catch {
    return nothing; // the process or directory ended meanwhile, or is not ours to read
  }
}

async function pids(): Promise<readonly number[]> {
  return (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
}

export async function processes(counts: (process: CensusProcess) => boolean): Promise<Entries> {
  const entries = new Map<string, string>();
  for (const pid of await pids()) {
    const cmdline = await orNothing(readFile(`/proc/${pid}/cmdline`, 'utf8'), '');
    const uid = (await orNothing(stat(`/proc/${pid}`), undefined))?.uid;
    // kernel threads and zombies have no command line
    if (cmdline === '' || uid === undefined || pid === process.pid) continue;
    const argv = cmdline.replace(/\0$/, '').split('\0');
    if (counts({ pid, argv, uid })) entries.set(`${pid} ${argv[0] ?? ''}`, `${pid} ${argv.join(' ')}`);
  }
  return entries;
}

/** Named network namespaces, and all kinds that a process lives in and we do not. */
export async function namespaces(): Promise<Entries> {
  const entries = new Map<string, string>();
  for (const name of await orNothing(readdir('/run/netns'), [])) entries.set(`netns ${name}`, `netns ${name}`);
  const ours = new Set((await namespacesOf(process.pid)).values());
  for (const pid of await pids()) {
    for (const namespace of await namespacesOf(pid)) {
      if (!ours.has(namespace) && !entries.has(namespace)) entries.set(namespace, `${namespace} of process ${pid}`);
    }
  }
  return entries;
}

async function namespacesOf(pid: number): Promise<readonly string[]> {
  const directory = `/proc/${pid}/ns`;
  const kinds = await orNothing(readdir(directory), []);
  const found = await Promise.all(
    kinds
      .filter((kind) => !kind.endsWith('_for_children'))
      .map((kind) => orNothing(readlink(join(directory, kind)), '')),
  );
  return found.filter((namespace) => namespace !== '');
}

export async function mounts(): Promise<Entries> {
  return parseMountinfo(await readFile('/proc/self/mountinfo', 'utf8'));
}

/** Format: proc_pid_mountinfo(5). */
export function parseMountinfo(content: string): Entries {
  const lines = content.split('\n').filter((line) => line !== '');
  return new Map(
    lines.map((line) => {
      const [before = '', after = ''] = line.split(' - ');
      const [, , , root, mountPoint] = before.split(' ');
      const [type, source] = after.split(' ');
      return [`${mountPoint} ${type} ${source} ${root}`, `${mountPoint} (${type} ${source})`];
    }),
  );
}

export async function cgroups(): Promise<Entries> {
  const tree = await listTree('/sys/fs/cgroup');
  return new Map(tree.filter(({ entry }) => entry.isDirectory()).map(({ path }) => [path, path]));
}

export async function files(directories: readonly string[]): Promise<Entries> {
  const entries = new Map<string, string>();
  for (const directory of directories) {
    if ((await orNothing(stat(directory), undefined)) === undefined) continue;
    entries.set(directory, `${directory}/`);
    for (const { path, entry } of await listTree(directory)) entries.set(path, entry.isDirectory() ? `${path}/` : path);
  }
  return entries;
}

async function listTree(directory: string): Promise<readonly { readonly path: string; readonly entry: Dirent }[]> {
  const children = await orNothing(readdir(directory, { withFileTypes: true }), []);
  const found = await Promise.all(
    children.map(async (entry) => {
      const path = join(directory, entry.name);
      return [{ path, entry }, ...(entry.isDirectory() ? await listTree(path) : [])];
    }),
  );
  return found.flat();
}
