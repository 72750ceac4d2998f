import { BangerError } from '../errors.ts';
import type { Store, VmRecord, VmState } from '../store/types.ts';

/**
 * Every allowed change of a VM's state. `creating` ends in `running`, or its row goes with its undo. What stays in
 * `starting` or `stopping` without an operation could not be undone: a stop, kill or delete clears it up.
 */
const transitions: Readonly<Record<VmState, readonly VmState[]>> = {
  creating: ['running', 'deleting'],
  stopped: ['starting', 'deleting'],
  starting: ['running', 'stopped', 'stopping', 'deleting'],
  running: ['stopping', 'deleting'],
  stopping: ['stopped', 'running', 'stopping', 'deleting'],
  deleting: ['deleting'],
};

/** What people can do with a VM in a state, for error messages. */
const advice: Readonly<Record<VmState, string>> = {
  creating: 'Wait until it runs, or remove it with `banger vm delete`.',
  stopped: 'Start it with `banger vm start`.',
  starting: 'Wait until it runs, or end it with `banger vm kill`.',
  running: 'Stop it with `banger vm stop` first.',
  stopping: 'Wait until it is stopped, or end it with `banger vm kill`.',
  deleting: 'It is being removed; `banger vm delete` again finishes it.',
};

/** @throws BangerError vm_wrong_state, saying which state it is in and what is possible. */
export function requireState(vm: VmRecord, allowed: readonly VmState[], wanted: string): void {
  if (allowed.includes(vm.state)) return;
  throw new BangerError('vm_wrong_state', `cannot ${wanted} VM ${vm.name}: it is ${vm.state}`, {
    remediation: advice[vm.state],
    details: { vm: vm.name, state: vm.state, allowed },
  });
}

/** The only place that changes a VM's state. Call it inside a transaction. */
export function transition(
  store: Store,
  id: string,
  to: VmState,
  change: Partial<Omit<VmRecord, 'id' | 'state'>> = {},
): void {
  const vm = store.vms.get(id);
  if (!vm) throw new Error(`VM ${id} has no row to become ${to}`);
  if (!transitions[vm.state].includes(to)) throw new Error(`VM ${vm.name} cannot go from ${vm.state} to ${to}`);
  store.vms.update(id, { stateReason: null, ...change, state: to });
}
