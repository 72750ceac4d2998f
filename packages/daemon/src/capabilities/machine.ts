import type { ProcessIdentity } from '@banger/system';
import type { StepType } from '../ops/types.ts';
import { anyStep, forwardStep, planStep } from '../steps.ts';
import type { Vmm } from '../vmm/port.ts';
import { type MachineIntent, type MachineSpecOptions, machineIntent } from './machine-specs.ts';
import type { Capability, Machines } from './types.ts';

type Identity = { readonly [K in keyof ProcessIdentity]: ProcessIdentity[K] };
type MachineName = { readonly vmId: string; readonly tag: string; readonly directory: string };

export interface MachineCapabilityOptions extends MachineSpecOptions {
  readonly vmm: Vmm;
  readonly machines: Machines;
}

/** The VMM process. */
export function machineCapability(options: MachineCapabilityOptions): Capability {
  const { vmm, machines, filesOf, tagOf } = options;
  const adopt = async (name: MachineName, identity: Identity | undefined, signal: AbortSignal) => {
    const known = identity ?? (await vmm.find(name, signal));
    return known && (await vmm.adopt(name, known, signal));
  };
  const end = async (
    name: MachineName,
    identity: Identity | undefined,
    signal: AbortSignal,
  ): Promise<string | null> => {
    const machine = machines.get(name.vmId) ?? (await adopt(name, identity, signal));
    const ended = await machine?.kill(signal);
    machines.detach(name.vmId);
    return ended?.reason ?? null;
  };
  const start: StepType<MachineIntent, Identity> = {
    name: 'machine.start',
    async do(spec, { signal }) {
      const machine = await vmm.start(spec, signal);
      machines.attach(spec.vmId, machine);
      const { pid, startTimeTicks, bootId } = machine.identity;
      return { pid, startTimeTicks, bootId };
    },
    undo: async (spec, identity, signal) => void (await end(spec, identity, signal)),
    observe: async (spec, signal) => await vmm.find(spec, signal),
  };
  const stop = forwardStep('machine.stop', async (name: MachineName, { signal }) => ({
    reason: await end(name, undefined, signal),
  }));
  return {
    name: 'machine',
    after: ['disks', 'seed', 'network'],
    stepTypes: [anyStep(start), anyStep(stop)],
    start: ({ vm, image }) => [planStep(start, 'boot', machineIntent(options, vm, image))],
    stop: ({ vm }) => [
      planStep(stop, 'machine', { vmId: vm.id, tag: tagOf(vm.id), directory: filesOf(vm.id).directory }),
    ],
  };
}
