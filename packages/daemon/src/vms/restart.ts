import type { ImageFiles } from '../images/types.ts';
import type { OperationType } from '../ops/types.ts';
import type { VmContext } from './context.ts';
import { requireVm } from './lookup.ts';
import { runningFrom } from './running.ts';
import { filesForStart } from './start.ts';
import { requireState, transition } from './states.ts';
import type { StopRequest } from './stop.ts';
import { takeOver } from './take-over.ts';

/** Stop and start in one operation. What is stopped stays stopped when the start fails. */
export function restartOperation(context: VmContext): OperationType<StopRequest, ImageFiles> {
  const { store, capabilities } = context;
  return {
    kind: 'vm.restart',
    subject: ({ vmId }) => vmId,
    onInterrupt: 'undo',
    prepareStage: 'check',
    enter: ({ vmId }, signal) => takeOver(context, vmId, 'vm.restart', signal),
    prepare({ vmId }, step) {
      requireState(requireVm(store, vmId), ['running', 'stopped'], 'restart');
      return filesForStart(context, vmId, step);
    },
    plan({ vmId, graceMs }, image) {
      const vm = requireVm(store, vmId);
      const stop = vm.state === 'running' ? capabilities.stop({ vm, graceMs }) : [];
      transition(store, vmId, vm.state === 'running' ? 'stopping' : 'starting');
      return [...stop, ...capabilities.start({ vm, image })];
    },
    commit: (record) => transition(store, record.params.vmId, 'running', runningFrom(record, context.now())),
    rollback: (record, error) => {
      const vm = record.planned ? store.vms.get(record.subject) : undefined;
      if (!vm) return;
      const stateReason = `restart failed: ${error.message}`;
      // Not yet stopped: it still runs; whether its VMM lives is seen by its watch, or by the next start of the daemon.
      if (vm.state === 'stopping' && record.output('machine.stop') === undefined)
        transition(store, vm.id, 'running', { stateReason });
      else transition(store, vm.id, 'stopped', { process: null, stateReason, stoppedAt: context.now().toISOString() });
    },
    settled: ({ params }) => context.reapIfDead(params.vmId),
  };
}
