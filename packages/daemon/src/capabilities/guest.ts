import { readFile } from 'node:fs/promises';
import { BangerError } from '../errors.ts';
import type { GuestAddress, Guests } from '../guest/port.ts';
import type { StepType } from '../ops/types.ts';
import { anyStep, forwardStep, planStep } from '../steps.ts';
import type { Machine } from '../vmm/port.ts';
import { askToShutDown, type ShutDown } from './shut-down.ts';
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
type PowerOff = { readonly outcome: ShutDown | 'was not running' };

const SSH_PORT = 22;
/** Steps end by themselves; this is for what does not. */
const SLACK_MS = 30_000;
const CONSOLE_LINES = 10;

/** The guest executes commands; and, at the end, is asked to shut down. */
export function guestCapability({ guests, machines, filesOf, readyTimeoutMs }: GuestCapabilityOptions): Capability {
  const ready: StepType<GuestName, null> = {
    name: 'guest.ready',
    timeoutMs: () => readyTimeoutMs + SLACK_MS,
    async do({ vmId, guestIp }, { signal }) {
      // A connection of an earlier boot may not have noticed its end; it would pass for this one's.
      guests.disconnect(vmId);
      const { hostKeyPublic, consoleLog } = filesOf(vmId);
      const address = addressOf(vmId, guestIp, (await readFile(hostKeyPublic, 'utf8')).trim());
      await waitReady({ guests, machine: machines.get(vmId), address, timeoutMs: readyTimeoutMs, consoleLog }, signal);
      return null;
    },
    undo: ({ vmId }) => Promise.resolve(guests.disconnect(vmId)),
    observe: () => Promise.resolve(null),
  };
  const disconnect = forwardStep('guest.disconnect', ({ vmId }: { readonly vmId: string }) => {
    guests.disconnect(vmId);
    return Promise.resolve(null);
  });
  const powerOff: StepType<PowerOffIntent, PowerOff> = {
    ...forwardStep('guest.power-off', async (intent: PowerOffIntent, context): Promise<PowerOff> => {
      const { vmId, guestIp, hostPublicKey, graceMs } = intent;
      const machine = machines.get(vmId);
      if (!machine) return { outcome: 'was not running' };
      context.progress('asking the guest to shut down');
      const guest = { guests, machine, address: addressOf(vmId, guestIp, hostPublicKey) };
      const outcome = await askToShutDown(guest, graceMs, context.signal);
      guests.disconnect(vmId);
      return { outcome };
    }),
    timeoutMs: ({ graceMs }) => graceMs + SLACK_MS,
  };
  return {
    name: 'guest',
    after: ['machine'],
    stepTypes: [anyStep(ready), anyStep(powerOff), anyStep(disconnect)],
    start: ({ vm }) => [planStep(ready, 'guest', { vmId: vm.id, guestIp: vm.guestIp })],
    stop: ({ vm: { id, guestIp, hostPublicKey }, graceMs }) =>
      graceMs === null
        ? // Commands that run would wait for an answer until their keepalives give up.
          [planStep(disconnect, 'machine', { vmId: id })]
        : [planStep(powerOff, 'shutdown', { vmId: id, guestIp, hostPublicKey, graceMs })],
  };
}

export function addressOf(vmId: string, guestIp: string, hostPublicKey: string): GuestAddress {
  return { vmId, host: guestIp, port: SSH_PORT, hostPublicKey };
}

interface Booting {
  readonly guests: Guests;
  readonly machine: Machine | undefined;
  readonly address: GuestAddress;
  readonly timeoutMs: number;
  readonly consoleLog: string;
}

/** A guest whose VMM ends is never ready: do not wait for the deadline. */
async function waitReady(
  { guests, machine, address, timeoutMs, consoleLog }: Booting,
  signal: AbortSignal,
): Promise<void> {
  const died = new AbortController();
  const waiting = AbortSignal.any([signal, died.signal, AbortSignal.timeout(timeoutMs)]);
  void machine?.ended.then(({ reason }) => died.abort(new Error(`the VM ended while it booted: ${reason}`)));
  try {
    await guests.waitReady(address, waiting);
  } catch (cause) {
    signal.throwIfAborted();
    if (!waiting.aborted) throw cause;
    // The undo of a create takes the log along.
    const details = { lastLines: await lastLines(consoleLog) };
    if (died.signal.aborted) {
      throw new BangerError('vm_died', (died.signal.reason as Error).message, {
        remediation: 'Its console says more. A guest that ran out of memory needs more of it.',
        details,
        cause,
      });
    }
    throw new BangerError('guest_unreachable', `the guest did not answer within ${timeoutMs / 1000} s`, {
      remediation: 'Its console says how far it came; a slow host needs a longer `limits.boot_timeout`.',
      details,
      cause,
    });
  }
}

async function lastLines(path: string): Promise<string[]> {
  const text = (await readFile(path, 'utf8').catch(() => '')).trimEnd();
  return text === '' ? [] : text.split('\n').slice(-CONSOLE_LINES);
}
