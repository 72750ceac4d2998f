import type { OperationType } from '../ops/types.ts';
import type { VmContext } from './context.ts';
import type { VmRequest } from './start.ts';
import { transition } from './states.ts';
import { takeOver } from './take-over.ts';

/** Ends a VM and removes all that belongs to it; once planned it leads on, also after a restart of the daemon. */
export function deleteOperation(context: VmContext): OperationType<VmRequest> {
  const { store, capabilities } = context;
  return {
    kind: 'vm.delete',
    subject: ({ vmId }) => vmId,
    onInterrupt: 'finish',
    enter: ({ vmId }, signal) => takeOver(context, vmId, 'vm.delete', signal),
    plan({ vmId }) {
      const vm = store.vms.get(vmId);
      // It was there when the call came: the create that gave way, or another delete, has removed it.
      if (!vm) return [];
      transition(store, vmId, 'deleting');
      return [...capabilities.stop({ vm, graceMs: null }), ...capabilities.destroy(vm)];
    },
    commit: ({ subject }) => store.vms.delete(subject),
    rollback: ({ planned, subject }, error) => {
      if (planned && store.vms.get(subject))
        transition(store, subject, 'deleting', { stateReason: `delete failed: ${error.message}` });
    },
  };
}
