import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ProcessIdentity } from '@banger/system';
import type { Store, VmRecord } from '../store/types.ts';

export interface LostRowsOptions {
  readonly store: Store;
  readonly vmsDirectory: string;
  readonly manifestOf: (vmId: string) => string;
  readonly findProcess: (vmId: string, signal: AbortSignal) => Promise<ProcessIdentity | undefined>;
  /** A directory that cannot be adopted: shown, never touched. */
  readonly onUnknown: (directory: string, why: string) => void;
}

const VM_ID = /^[0-9a-f]{16}$/;

/** Rebuilds the rows of VMs whose directory is there but whose row is not; returns their ids. */
export async function adoptLostRows(options: LostRowsOptions, signal: AbortSignal): Promise<readonly string[]> {
  const { store, vmsDirectory } = options;
  const inJournal = new Set(store.journal.unfinished().map(({ subject }) => subject));
  const names = await readdir(vmsDirectory);
  const lost = names.filter((name) => VM_ID.test(name) && !inJournal.has(name) && !store.vms.get(name));
  const adopted: string[] = [];
  for (const vmId of lost) {
    try {
      const vm = parseManifest(await readFile(options.manifestOf(vmId), 'utf8'), vmId);
      const process = (await options.findProcess(vmId, signal)) ?? null;
      const state = process ? 'running' : 'stopped';
      const stateReason = 'its record was lost and rebuilt from its manifest';
      store.transaction('durable', () => store.vms.insert({ ...vm, process, state, stateReason, bootOperation: null }));
      adopted.push(vmId);
    } catch (error) {
      options.onUnknown(join(vmsDirectory, vmId), error instanceof Error ? error.message : String(error));
    }
  }
  return adopted;
}

type Kept = Omit<VmRecord, 'state' | 'stateReason' | 'process' | 'bootOperation'>;

/** Fields of a manifest by type; a manifest is ours, but it may be damaged. */
const fields: { readonly [K in keyof Kept]: 'string' | 'number' | 'nullable' } = {
  id: 'string',
  name: 'string',
  imageId: 'string',
  imageName: 'string',
  vcpus: 'number',
  memoryMib: 'number',
  diskBytes: 'number',
  workDiskBytes: 'number',
  guestIp: 'string',
  mac: 'string',
  tap: 'string',
  vmm: 'string',
  diskBackend: 'string',
  hostPublicKey: 'string',
  createdAt: 'string',
  startedAt: 'nullable',
  stoppedAt: 'nullable',
};

/** @throws Error saying what is wrong with it. */
function parseManifest(text: string, vmId: string): Kept {
  const parsed = JSON.parse(text) as { format?: unknown; vm?: Record<string, unknown> } | null;
  if (parsed?.format !== 1 || !parsed.vm) throw new Error('its manifest is of an unknown format');
  const { vm } = parsed;
  for (const [name, type] of Object.entries(fields)) {
    const fits = type === 'nullable' ? vm[name] === null || typeof vm[name] === 'string' : typeof vm[name] === type;
    if (!fits) throw new Error(`its manifest has no usable ${name}`);
  }
  if (vm['id'] !== vmId) throw new Error('its manifest is of another VM');
  return Object.fromEntries(Object.keys(fields).map((name) => [name, vm[name]])) as unknown as Kept;
}
