import type { ImageFiles } from '../images/types.ts';
import type { OperationType, StepContext } from '../ops/types.ts';
import type { VmContext } from './context.ts';
import { requireVm } from './lookup.ts';
import { runningFrom } from './running.ts';
import { requireState, transition } from './states.ts';

export type VmRequest = { readonly vmId: string };

/** Boots a stopped VM from its own disks. */
export function startOperation(context: VmContext): OperationType<VmRequest, ImageFiles> {
  const { store, capabilities, locks } = context;
  return {
    kind: 'vm.start',
    subject: ({ vmId }) => vmId,
    onInterrupt: 'undo',
    prepareStage: 'check',
    enter: ({ vmId }, signal) => locks.vm(vmId, signal),
    prepare({ vmId }, step) {
      requireState(requireVm(store, vmId), ['stopped'], 'start');
      return filesForStart(context, vmId, step);
    },
    plan({ vmId }, image) {
      const vm = requireVm(store, vmId);
      transition(store, vmId, 'starting');
      return capabilities.start({ vm, image });
    },
    commit: (record) => transition(store, record.params.vmId, 'running', runningFrom(record, context.now())),
    rollback: ({ planned, subject }, error) => {
      if (planned)
        transition(store, subject, 'stopped', { process: null, stateReason: `start failed: ${error.message}` });
    },
    settled: ({ params }) => context.reapIfDead(params.vmId),
  };
}

/** The checks before a start, and the image's files for it. */
export async function filesForStart(context: VmContext, vmId: string, { signal }: StepContext): Promise<ImageFiles> {
  await context.capabilities.preflight(signal);
  return context.images.files(requireVm(context.store, vmId).imageId, signal);
}
