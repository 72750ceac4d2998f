import type { Json, OperationRecord, OperationType, RecordedError } from '../ops/types.ts';
import type { Store } from '../store/types.ts';
import type { VmContext } from './context.ts';
import { requireVm } from './lookup.ts';
import { requireState, transition } from './states.ts';
import { takeOver } from './take-over.ts';

export type StopRequest = {
  readonly vmId: string;
  /** null: at once. */
  readonly graceMs: number | null;
};

/** Ends a VM: asks the guest first where it has a grace. A VM that is stopped already is fine. */
export function stopOperation(context: VmContext, kind: 'vm.stop' | 'vm.kill'): OperationType<StopRequest> {
  const { store, capabilities } = context;
  return {
    kind,
    onInterrupt: 'finish',
    enter: ({ vmId }, signal) => takeOver(context, vmId, kind, signal),
    plan({ vmId, graceMs }) {
      const vm = requireVm(store, vmId);
      if (vm.state === 'stopped') return { subject: vmId, steps: [] };
      requireState(vm, ['running', 'stopping'], kind === 'vm.stop' ? 'stop' : 'kill');
      transition(store, vmId, 'stopping');
      return { subject: vmId, steps: capabilities.stop({ vm, graceMs }) };
    },
    commit: (record) => {
      if (store.vms.get(record.params.vmId)?.state === 'stopping') stopped(context, record, reasonOf(record, kind));
    },
    rollback: (record, error) => afterFailedStop(context, record, error),
    settled: ({ params }) => context.reapIfDead(params.vmId),
  };
}

export type ReapRequest = { readonly vmId: string; readonly reason: string };

/** Cleans up after a VMM that ended by itself. */
export function reapOperation(context: VmContext): OperationType<ReapRequest> {
  const { store, capabilities, locks } = context;
  return {
    kind: 'vm.reap',
    onInterrupt: 'finish',
    enter: ({ vmId }, signal) => locks.vm(vmId, signal),
    plan({ vmId }) {
      const vm = store.vms.get(vmId);
      // Someone stopped or deleted it meanwhile: nothing is left to do.
      if (vm?.state !== 'running') return { subject: vmId, steps: [] };
      transition(store, vmId, 'stopping');
      return { subject: vmId, steps: capabilities.stop({ vm, graceMs: null }) };
    },
    commit: (record) => {
      if (store.vms.get(record.params.vmId)?.state === 'stopping') stopped(context, record, record.params.reason);
    },
    rollback: (record, error) => afterFailedStop(context, record, error),
    settled: ({ params }) => context.reapIfDead(params.vmId),
  };
}

function stopped({ store, now }: VmContext, { params }: OperationRecord<VmIdOnly>, stateReason: string | null): void {
  transition(store, params.vmId, 'stopped', { process: null, stateReason, stoppedAt: now().toISOString() });
}

type VmIdOnly = { readonly vmId: string };

/** A stop that failed or was cancelled before the VMM ended leaves a VM that runs. */
function afterFailedStop(
  context: VmContext,
  record: OperationRecord<VmIdOnly & { readonly [key: string]: Json }>,
  error: RecordedError,
): void {
  if (!isStopping(context.store, record)) return;
  if (record.output('machine.stop') === undefined)
    transition(context.store, record.params.vmId, 'running', { stateReason: `stop failed: ${error.message}` });
  else stopped(context, record, `stopped, but not cleaned up: ${error.message}`);
}

function isStopping(
  store: Store,
  { subject, params }: OperationRecord<VmIdOnly & { readonly [key: string]: Json }>,
): boolean {
  return subject !== null && store.vms.get(params.vmId)?.state === 'stopping';
}

function reasonOf(record: OperationRecord<StopRequest>, kind: 'vm.stop' | 'vm.kill'): string {
  if (kind === 'vm.kill') return 'killed by request';
  const asked = record.output('guest.power-off') as { outcome: string } | undefined;
  return asked?.outcome ?? 'stopped';
}
