import { readFile, rm } from 'node:fs/promises';
import { writeFileAtomic } from '../atomic-file.ts';
import type { StepType } from '../ops/types.ts';
import type { Store, VmRecord } from '../store/types.ts';
import type { VmContext } from './context.ts';

const FORMAT = 1;

/** What rebuilds a VM's row when the database lost it: everything that does not change while it lives. */
export type Manifest = {
  readonly format: typeof FORMAT;
  readonly vm: Omit<VmRecord, 'state' | 'stateReason' | 'process' | 'bootOperation'>;
};

/** Written as the last step of a create, so a directory with a manifest is a whole VM. */
export function manifestStep({
  store,
  filesOf,
}: Pick<VmContext, 'store' | 'filesOf'>): StepType<{ vmId: string }, null> {
  return {
    name: 'manifest.write',
    async do({ vmId }) {
      await writeFileAtomic(
        filesOf(vmId).manifest,
        `${JSON.stringify(manifestOf(store, vmId, await readHostKey(filesOf(vmId).hostKeyPublic)), null, 2)}\n`,
      );
      return null;
    },
    undo: ({ vmId }) => rm(filesOf(vmId).manifest, { force: true }),
    observe: () => Promise.resolve(null),
  };
}

async function readHostKey(path: string): Promise<string> {
  return (await readFile(path, 'utf8')).trim();
}

function manifestOf(store: Store, vmId: string, hostPublicKey: string): Manifest {
  const vm = store.vms.get(vmId);
  if (!vm) throw new Error(`VM ${vmId} has no row to make a manifest of`);
  const { state: _state, stateReason: _reason, process: _process, bootOperation: _boot, ...kept } = vm;
  return { format: FORMAT, vm: { ...kept, hostPublicKey } };
}
