import { mkdir, rm, stat } from 'node:fs/promises';
import type { StepType } from '../ops/types.ts';
import { anyStep, forwardStep, planStep } from '../steps.ts';
import type { Capability, VmFiles } from './types.ts';

const create: StepType<{ path: string }, null> = {
  name: 'directory.create',
  async do({ path }) {
    await mkdir(path, { recursive: true, mode: 0o700 });
    return null;
  },
  undo: ({ path }) => rm(path, { recursive: true, force: true }),
  observe: async ({ path }) => ((await stat(path).catch(() => undefined)) ? null : undefined),
};

const remove = forwardStep('directory.remove', async ({ path }: { path: string }) => {
  await rm(path, { recursive: true, force: true });
  return null;
});

/** The VM's own directory: first to come, last to go. */
export function directoryCapability(filesOf: (vmId: string) => VmFiles): Capability {
  return {
    name: 'directory',
    after: [],
    stepTypes: [anyStep(create), anyStep(remove)],
    provision: ({ vm }) => [planStep(create, 'disks', { path: filesOf(vm.id).directory })],
    destroy: (vm) => [planStep(remove, 'disks', { path: filesOf(vm.id).directory })],
  };
}
