import { constants, copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Runner } from '@banger/system';
import type { Config } from '../config.ts';
import type { DriveSpec } from '../vmm/port.ts';
import type { DiskBackend } from './port.ts';
import { qcow2Backend } from './qcow2.ts';
import { reflinkBackend } from './reflink.ts';
import { type DiskSelection, selectDisk } from './select.ts';
import { sparseCopyBackend } from './sparse-copy.ts';

export interface OpenDisksOptions {
  readonly config: Pick<Config, 'disk'>;
  readonly runner: Runner;
  /** Where clones and their origins will be; it need not be there yet. */
  readonly stateDir: string;
  /** What the chosen VMM reads. */
  readonly formats: readonly DriveSpec['format'][];
  readonly signal: AbortSignal;
}

export interface DiskChoice extends Pick<DiskSelection, 'reason' | 'faster'> {
  /** For new VMs. */
  readonly chosen: DiskBackend;
  /** All, by kind: a VM keeps the one it was made with. */
  readonly backends: ReadonlyMap<string, DiskBackend>;
}

/** @throws BangerError prerequisite_missing */
export async function openDisks({ config, runner, stateDir, formats, signal }: OpenDisksOptions): Promise<DiskChoice> {
  signal.throwIfAborted();
  const facts = { reflink: await hasReflinks(stateDir), vmmReadsQcow2: formats.includes('qcow2') };
  const { kind, reason, faster } = selectDisk(config.disk, facts);
  const backends = { reflink: reflinkBackend(), qcow2: qcow2Backend(), copy: sparseCopyBackend(runner) };
  return { chosen: backends[kind], backends: new Map(Object.entries(backends)), reason, faster };
}

/** Tried, not guessed: the file system's name does not say whether it was made with reflinks. */
async function hasReflinks(directory: string): Promise<boolean> {
  let probe: string | undefined;
  try {
    probe = await mkdtemp(join(directory, '.reflink-'));
    await writeFile(join(probe, 'origin'), new Uint8Array(4096));
    await copyFile(join(probe, 'origin'), join(probe, 'clone'), constants.COPYFILE_FICLONE_FORCE);
    return true;
  } catch {
    // No directory yet, not ours to write to, or no reflinks: in each case there is nothing to use.
    return false;
  } finally {
    if (probe) await rm(probe, { recursive: true, force: true });
  }
}
