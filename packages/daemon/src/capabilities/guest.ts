import { readFile } from 'node:fs/promises';
import { BangerError } from '../errors.ts';
import type { GuestAddress, Guests } from '../guest/port.ts';
import type { StepContext, StepType } from '../ops/types.ts';
import { anyStep, forwardStep, planStep } from '../steps.ts';
import type { Machine } from '../vmm/port.ts';
import type { Capability, Machines, VmFiles } from './types.ts';

export interface GuestCapabilityOptions {
  readonly guests: Guests;
  readonly machines: Pick<Machines, 'get'>;
  readonly filesOf: (vmId: string) => VmFiles;
  /** How long a guest may take until it executes a command. */
  readonly readyTimeoutMs: number;
}

type GuestName = { readonly vmId: string; readonly guestIp: string };
type PowerOffIntent = GuestName & { readonly graceMs: number; readonly hostPublicKey: string };
type PowerOff = { readonly outcome: 'guest shut down' | 'killed after its grace' | 'was not running' };

const SSH_PORT = 22;

/** The guest executes commands; and, at the end, is asked to shut down. */
export function guestCapability({ guests, machines, filesOf, readyTimeoutMs }: GuestCapabilityOptions): Capability {
  const ready: StepType<GuestName, null> = {
    name: 'guest.ready',
    async do({ vmId, guestIp }, context) {
      const hostPublicKey = (await readFile(filesOf(vmId).hostKeyPublic, 'utf8')).trim();
      await waitReady(guests, machines.get(vmId), addressOf(vmId, guestIp, hostPublicKey), readyTimeoutMs, context);
      return null;
    },
    undo: ({ vmId }) => Promise.resolve(guests.disconnect(vmId)),
    observe: () => Promise.resolve(null),
  };
  const powerOff = forwardStep('guest.power-off', async (intent: PowerOffIntent, context): Promise<PowerOff> => {
    const { vmId, guestIp, hostPublicKey, graceMs } = intent;
    const machine = machines.get(vmId);
    if (!machine) return { outcome: 'was not running' };
    const ended = await askToShutDown(guests, machine, addressOf(vmId, guestIp, hostPublicKey), graceMs, context);
    guests.disconnect(vmId);
    return { outcome: ended ? 'guest shut down' : 'killed after its grace' };
  });
  return {
    name: 'guest',
    after: ['machine'],
    stepTypes: [anyStep(ready), anyStep(powerOff)],
    start: ({ vm }) => [planStep(ready, 'guest', { vmId: vm.id, guestIp: vm.guestIp })],
    stop: ({ vm: { id, guestIp, hostPublicKey }, graceMs }) =>
      graceMs === null ? [] : [planStep(powerOff, 'shutdown', { vmId: id, guestIp, hostPublicKey, graceMs })],
  };
}

export function addressOf(vmId: string, guestIp: string, hostPublicKey: string): GuestAddress {
  return { vmId, host: guestIp, port: SSH_PORT, hostPublicKey };
}

/** A guest whose VMM ends is never ready: do not wait for the deadline. */
async function waitReady(
  guests: Guests,
  machine: Machine | undefined,
  address: GuestAddress,
  timeoutMs: number,
  { signal }: StepContext,
): Promise<void> {
  const died = new AbortController();
  const waiting = AbortSignal.any([signal, died.signal, AbortSignal.timeout(timeoutMs)]);
  void machine?.ended.then(({ reason }) =>
    died.abort(new BangerError('vm_died', `the VM ended while it booted: ${reason}`)),
  );
  try {
    await guests.waitReady(address, waiting);
  } catch (error) {
    signal.throwIfAborted();
    if (died.signal.aborted) throw died.signal.reason;
    if (!waiting.aborted) throw error;
    throw new BangerError('guest_unreachable', `the guest did not answer within ${timeoutMs / 1000} s`, {
      remediation: "Look at console.log in the VM's directory; a slow host needs a longer `limits.boot_timeout`.",
      cause: error,
    });
  }
}

/** True when the guest ended by itself within its grace. */
async function askToShutDown(
  guests: Guests,
  machine: Machine,
  address: GuestAddress,
  graceMs: number,
  { signal, progress }: StepContext,
): Promise<boolean> {
  const grace = AbortSignal.timeout(graceMs);
  const waiting = AbortSignal.any([signal, grace]);
  const ended = machine.ended.then(() => true);
  const expired = new Promise<false>((resolve) => {
    if (waiting.aborted) resolve(false);
    waiting.addEventListener('abort', () => resolve(false), { once: true });
  });
  progress('asking the guest to shut down');
  const asked = guests.requestPowerOff(address, waiting).catch(() => false);
  const answer = await Promise.race([ended, expired, asked.then((taken) => (taken ? 'asked' : 'refused'))]);
  if (answer === 'refused') await machine.powerButton(waiting).catch(() => false);
  const result = await Promise.race([ended, expired]);
  signal.throwIfAborted();
  return result;
}
