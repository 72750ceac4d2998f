import { readFile } from 'node:fs/promises';
import type { ProcessIdentity } from '@banger/system';
import type { VmRecord } from '../store/types.ts';
import type { Machine, Vmm } from '../vmm/port.ts';
import { adoptLostRows, type LostRowsOptions } from './lost-rows.ts';

export interface RecoveryOptions extends Omit<LostRowsOptions, 'findProcess'> {
  readonly vmm: Pick<Vmm, 'find' | 'adopt'>;
  readonly machines: { get(vmId: string): Machine | undefined; attach(vmId: string, machine: Machine): void };
  readonly nameOf: (vmId: string) => { readonly tag: string; readonly directory: string };
  readonly recoverOperations: () => Promise<readonly { readonly kind: string; readonly state: string }[]>;
  /** Makes `recoverOperations` end soon: what goes on later is left as it is. */
  readonly interruptOperations: () => void;
  readonly reap: (vmId: string, reason: string) => Promise<void>;
}

export interface RecoveryReport {
  /** Names of VMs that live and are watched again. */
  readonly adopted: readonly string[];
  /** Names of VMs whose VMM was gone. */
  readonly ended: readonly string[];
  /** Ids of VMs whose row was rebuilt from their manifest. */
  readonly rebuilt: readonly string[];
  /** Operations of the earlier process, finished or undone. */
  readonly operations: readonly { readonly kind: string; readonly state: string }[];
}

/** After a reboot of the host all of them are gone, and each takes a few commands. */
const REAPS_AT_A_TIME = 8;

/**
 * Brings state and host together after a start: watches what lives, ends or undoes what was half done, and writes
 * down what is gone. It removes nothing that is not named by an unfinished operation.
 */
export async function recover(options: RecoveryOptions, signal: AbortSignal): Promise<RecoveryReport> {
  const { vmm, nameOf } = options;
  const findProcess = (vmId: string, during: AbortSignal) => vmm.find(nameOf(vmId), during);
  const rebuilt = await adoptLostRows({ ...options, findProcess }, signal);
  // First the machines: an interrupted stop asks its guest only where the machine is known to live.
  await Promise.all(options.store.vms.list().map((vm) => adoptMachine(options, vm, signal)));
  const operations = await recoverOperations(options, signal);
  const bootId = (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim();
  const running = options.store.vms.list().filter(({ state }) => state === 'running');
  const gone = running.filter(({ id }) => !options.machines.get(id));
  const queue = gone.values();
  const reapRest = async (): Promise<void> => {
    for (const vm of queue) await options.reap(vm.id, reasonOfEnd(vm.process, bootId));
  };
  await Promise.all(Array.from({ length: REAPS_AT_A_TIME }, reapRest));
  const adopted = running.filter((vm) => !gone.includes(vm));
  return { adopted: adopted.map(({ name }) => name), ended: gone.map(({ name }) => name), rebuilt, operations };
}

/** A daemon that is stopped meanwhile does not wait for what it resumed. */
async function recoverOperations(options: RecoveryOptions, signal: AbortSignal): Promise<RecoveryReport['operations']> {
  signal.throwIfAborted();
  signal.addEventListener('abort', options.interruptOperations, { once: true });
  try {
    const operations = await options.recoverOperations();
    signal.throwIfAborted();
    return operations;
  } finally {
    signal.removeEventListener('abort', options.interruptOperations);
  }
}

async function adoptMachine(
  { vmm, machines, nameOf }: RecoveryOptions,
  vm: VmRecord,
  signal: AbortSignal,
): Promise<void> {
  if (!vm.process) return;
  const machine = await vmm.adopt(nameOf(vm.id), vm.process, signal);
  if (machine) machines.attach(vm.id, machine);
}

function reasonOfEnd(process: ProcessIdentity | null, bootId: string): string {
  return process && process.bootId !== bootId
    ? 'the host was restarted'
    : 'the VMM ended while the daemon was not running';
}
