import { open, rm, stat } from 'node:fs/promises';
import type { Runner } from '@banger/system';
import { runTool, type ToolFailure } from './run-tool.ts';

export interface Ext4Options {
  /** What the file system holds at first. */
  readonly sourceDirectory: string;
  readonly outPath: string;
  /** Virtual size; the file is sparse. */
  readonly sizeBytes: number;
  readonly runner: Runner;
  readonly signal?: AbortSignal;
}

/**
 * Makes a raw ext4 file from a directory, without mounting anything.
 * Root reads the directory: it has files that only root may read.
 * @throws ImageError `disk_full`, `tool_missing`, `tool_failed`
 */
export async function makeExt4({ sourceDirectory, outPath, sizeBytes, runner, signal }: Ext4Options): Promise<void> {
  try {
    await using file = await open(outPath, 'w', 0o600);
    await file.truncate(sizeBytes);
    // The file is all holes: inode tables and journal are zeros already, here and when the guest boots.
    const prezeroed = 'assume_storage_prezeroed=1,nodiscard,root_owner=0:0';
    // -m 0: nothing is kept back for root, who is everybody here.
    const argv = ['mkfs.ext4', '-q', '-F', '-m', '0', '-E', prezeroed, '-d', sourceDirectory, outPath] as const;
    await runTool(runner, argv, {
      signal,
      privileged: true,
      what: 'making an ext4 file system',
      debianPackage: 'e2fsprogs',
      classify: classifyMkfs,
    });
  } catch (error) {
    await rm(outPath, { force: true });
    throw error;
  }
}

/** What mkfs.ext4 prints when there is no room, in the file or on the host. */
export function classifyMkfs(lines: readonly string[]): ToolFailure | undefined {
  const full = lines.find((text) => /No space left on device|Could not allocate (block|inode)/.test(text));
  if (full === undefined) return undefined;
  return { code: 'disk_full', message: `no room to make the file system: ${full}` };
}

/** Bytes that a file takes on disk, holes left out. */
export async function storedBytes(path: string): Promise<number> {
  const { blocks } = await stat(path);
  return blocks * 512;
}
