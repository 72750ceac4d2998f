import type { HostNetwork, TapSpec } from '../network/types.ts';
import type { StepType } from '../ops/types.ts';
import { anyStep, forwardStep, planStep } from '../steps.ts';
import type { VmRecord } from '../store/types.ts';
import type { Capability } from './types.ts';

type TapIntent = { readonly [K in keyof TapSpec]: TapSpec[K] };

/** A TAP on the bridge for as long as the VM runs; the bridge itself is shared and stays. */
export function networkCapability(network: HostNetwork): Capability {
  const create: StepType<TapIntent, null> = {
    name: 'tap.create',
    async do(tap, { signal }) {
      await network.ensure(signal);
      await network.createTap(tap, signal);
      return null;
    },
    undo: (tap, _output, signal) => network.deleteTap(tap, signal),
    observe: async (tap, signal) => ((await network.findTap(tap, signal)) ? null : undefined),
  };
  const remove = forwardStep('tap.delete', async (tap: TapIntent, { signal }) => {
    await network.deleteTap(tap, signal);
    return null;
  });
  const tapOf = (vm: VmRecord): TapIntent => ({ name: vm.tap, vmId: vm.id });
  return {
    name: 'network',
    after: ['directory'],
    stepTypes: [anyStep(create), anyStep(remove)],
    check: (signal) => network.check(signal),
    start: ({ vm }) => [planStep(create, 'network', tapOf(vm))],
    stop: ({ vm }) => [planStep(remove, 'network', tapOf(vm))],
  };
}
