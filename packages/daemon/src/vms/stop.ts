import type { Json, OperationRecord, OperationType, RecordedError } from '../ops/types.ts';
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
    subject: ({ vmId }) => vmId,
    onInterrupt: 'finish',
    enter: ({ vmId }, signal) => takeOver(context, vmId, kind, signal),
    plan({ vmId, graceMs }) {
      const vm = requireVm(store, vmId);
      if (vm.state === 'stopped') return [];
      requireState(vm, ['starting', 'running', 'stopping'], kind === 'vm.stop' ? 'stop' : 'kill');
      transition(store, vmId, 'stopping');
      return capabilities.stop({ vm, graceMs });
    },
    commit: (record) => {
      if (isStopping(context, record)) stopped(context, record.subject, reasonOf(record, kind));
    },
    rollback: (record, error) => {
      if (!isStopping(context, record)) return;
      if (record.output('machine.stop')) return stopped(context, record.subject, notCleaned('stopped', error));
      // The VMM has not ended: it failed or was cancelled before. Without a process it was never quite running.
      const ran = requireVm(store, record.subject).process !== null;
      transition(store, record.subject, ran ? 'running' : 'stopping', { stateReason: `stop failed: ${error.message}` });
    },
    settled: ({ subject }) => context.reapIfDead(subject),
  };
}

export type ReapRequest = { readonly vmId: string; readonly reason: string };

/** Cleans up after a VMM that ended by itself. */
export function reapOperation(context: VmContext): OperationType<ReapRequest> {
  const { store, capabilities, locks } = context;
  return {
    kind: 'vm.reap',
    subject: ({ vmId }) => vmId,
    onInterrupt: 'finish',
    enter: ({ vmId }, signal) => locks.vm(vmId, signal),
    plan({ vmId }) {
      const vm = store.vms.get(vmId);
      // Someone stopped or deleted it meanwhile: nothing is left to do.
      if (vm?.state !== 'running') return [];
      transition(store, vmId, 'stopping');
      return capabilities.stop({ vm, graceMs: null });
    },
    commit: (record) => {
      if (isStopping(context, record)) stopped(context, record.subject, record.params.reason);
    },
    // The VMM is gone whatever else failed; a start or delete cleans up what is left.
    rollback: (record, error) => {
      if (isStopping(context, record)) stopped(context, record.subject, notCleaned(record.params.reason, error));
    },
  };
}

function stopped({ store, now }: VmContext, vmId: string, stateReason: string | null): void {
  transition(store, vmId, 'stopped', { process: null, stateReason, stoppedAt: now().toISOString() });
}

/** What the plan of a stop or reap changed, and nobody else since. */
function isStopping({ store }: VmContext, { planned, subject }: OperationRecord<Json>): boolean {
  return planned && store.vms.get(subject)?.state === 'stopping';
}

function reasonOf(record: OperationRecord<StopRequest>, kind: 'vm.stop' | 'vm.kill'): string {
  if (kind === 'vm.kill') return 'killed by request';
  const asked = record.output('guest.power-off') as { outcome: string } | undefined;
  return asked?.outcome ?? 'stopped';
}

function notCleaned(reason: string, error: RecordedError): string {
  return `${reason}; not cleaned up: ${error.message}`;
}
