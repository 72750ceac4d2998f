import type { Capabilities } from '../capabilities/types.ts';
import type { GuestAddress, Guests } from '../guest/port.ts';
import type { AnyOperationType, AnyStepType } from '../ops/types.ts';
import type { VmContext, VmOperations } from './context.ts';
import { createOperation } from './create.ts';
import { deleteOperation } from './delete.ts';
import { LiveMachines } from './machines.ts';
import { manifestStep } from './manifest.ts';
import { restartOperation } from './restart.ts';
import { startOperation } from './start.ts';
import { reapOperation, stopOperation } from './stop.ts';
import { Vms } from './vms.ts';

export interface MakeVmsOptions<O extends VmOperations>
  extends Pick<VmContext, 'store' | 'images' | 'locks' | 'addressing' | 'defaults' | 'filesOf' | 'now'> {
  readonly guests: Guests;
  readonly adapters: VmContext['adapters'] & { readonly accelerator: string };
  readonly addressOf: (vmId: string, guestIp: string, hostPublicKey: string) => GuestAddress;
  /** The capabilities act on the machines that this room watches. */
  readonly capabilities: (machines: LiveMachines) => Capabilities;
  /** What a VMM that ended has left could not be cleaned up: the next operation on the VM, or the next start, does. */
  readonly onReapFailed: (vmId: string, error: unknown) => void;
  readonly operations: (types: { stepTypes: AnyStepType[]; operationTypes: AnyOperationType[] }) => O;
}

export interface VmRoom<O extends VmOperations> {
  readonly vms: Vms;
  readonly machines: LiveMachines;
  readonly operations: O;
  readonly capabilities: Capabilities;
  /** Cleans up after a VMM that is known to be gone. */
  reap(vmId: string, reason: string): Promise<void>;
}

/** Ties the room's operations, watches and service together: they need each other. */
export function makeVms<O extends VmOperations>(options: MakeVmsOptions<O>): VmRoom<O> {
  const { store, guests, defaults, filesOf, adapters } = options;
  const reapIfDead = (vmId: string): void => {
    // The next start of the daemon sees that it is gone.
    if (operations.closing) return;
    const end = machines.endOf(vmId);
    if (end && store.vms.get(vmId)?.state === 'running') operations.begin('vm.reap', { vmId, reason: end.reason });
  };
  const machines = new LiveMachines((vmId) => {
    try {
      reapIfDead(vmId);
    } catch (error) {
      options.onReapFailed(vmId, error);
    }
  });
  const capabilities = options.capabilities(machines);
  const context: VmContext = {
    ...options,
    capabilities,
    reapIfDead,
    abortOperations: (vmId, kinds, why) => operations.abort(vmId, kinds, why),
  };
  const operations = options.operations({
    stepTypes: [...capabilities.ordered.flatMap(({ stepTypes }) => stepTypes), manifestStep(context)],
    operationTypes: operationTypes(context),
  });
  const vms = new Vms({
    store,
    guests,
    defaults,
    addressOf: options.addressOf,
    operations,
    describing: {
      accelerator: adapters.accelerator,
      stagesOf: (id) => operations.stages(id),
      directoryOf: (vmId) => filesOf(vmId).directory,
    },
  });
  return {
    vms,
    machines,
    operations,
    capabilities,
    reap: async (vmId, reason) => void (await operations.ended(operations.begin('vm.reap', { vmId, reason }).id)),
  };
}

function operationTypes(context: VmContext): AnyOperationType[] {
  const types = [
    createOperation(context),
    startOperation(context),
    stopOperation(context, 'vm.stop'),
    stopOperation(context, 'vm.kill'),
    restartOperation(context),
    deleteOperation(context),
    reapOperation(context),
  ];
  return types;
}
