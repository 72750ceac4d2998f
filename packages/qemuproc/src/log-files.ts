import { open, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { microvmFiles } from './spec.ts';

const KEPT_LOGS = 3;
const TAIL_BYTES = 8192;

/** A new name for QEMU's own log; of earlier ones only the last two stay. */
export async function nextVmmLog(directory: string): Promise<string> {
  const starts = await vmmLogStarts(directory);
  const old = starts.slice(0, Math.max(0, starts.length - (KEPT_LOGS - 1)));
  await Promise.all(old.map((start) => rm(join(directory, microvmFiles.vmmLog(start)), { force: true })));
  return join(directory, microvmFiles.vmmLog((starts.at(-1) ?? 0) + 1));
}

/** The end of the newest log of QEMU itself; empty where there is none. */
export async function vmmLogTail(directory: string): Promise<string> {
  const start = (await vmmLogStarts(directory)).at(-1);
  return start === undefined ? '' : await tailOf(join(directory, microvmFiles.vmmLog(start)));
}

/** The end of a text file, at most 8 KiB; empty where there is none. */
export async function tailOf(path: string, bytes = TAIL_BYTES): Promise<string> {
  try {
    await using file = await open(path, 'r');
    const { size } = await file.stat();
    const length = Math.min(size, bytes);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, size - length);
    return buffer.subarray(0, bytesRead).toString('utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return '';
    throw error;
  }
}

async function vmmLogStarts(directory: string): Promise<readonly number[]> {
  const names = await readdir(directory);
  return names
    .map((name) => /^vmm-(\d{1,9})\.log$/.exec(name)?.[1])
    .filter((digits) => digits !== undefined)
    .map(Number)
    .toSorted((a, b) => a - b);
}
