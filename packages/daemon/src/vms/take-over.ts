import type { VmLease } from '../locks/types.ts';
import type { VmContext } from './context.ts';

/** Which running operations on a VM give way to a newer one. What is not named is waited for. */
const givesWay = {
  'vm.restart': ['vm.start'],
  'vm.stop': ['vm.start', 'vm.restart'],
  'vm.kill': ['vm.start', 'vm.restart', 'vm.stop'],
  'vm.delete': ['vm.create', 'vm.start', 'vm.restart', 'vm.stop'],
} as const satisfies Record<string, readonly string[]>;

/** Aborts what gives way on the VM, then waits for its lock. */
export async function takeOver(
  context: VmContext,
  vmId: string,
  kind: keyof typeof givesWay,
  signal: AbortSignal,
): Promise<VmLease> {
  context.abortOperations(vmId, givesWay[kind], `${kind} took its place`);
  return context.locks.vm(vmId, signal);
}
