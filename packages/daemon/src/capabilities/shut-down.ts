import type { GuestAddress, Guests } from '../guest/port.ts';
import type { Machine } from '../vmm/port.ts';

export interface LiveGuest {
  readonly guests: Pick<Guests, 'requestPowerOff'>;
  readonly machine: Pick<Machine, 'ended' | 'powerButton'>;
  readonly address: GuestAddress;
}

export type ShutDown =
  | 'guest shut down'
  | 'killed after its grace'
  | 'killed, since it could not be asked to shut down';

/**
 * Asks the guest to shut down, by its power button where it takes no command, and waits for the end of its VMM.
 * @throws the signal's reason; the guest may go on to shut down.
 */
export async function askToShutDown(
  { guests, machine, address }: LiveGuest,
  graceMs: number,
  signal: AbortSignal,
): Promise<ShutDown> {
  const waiting = AbortSignal.any([signal, AbortSignal.timeout(graceMs)]);
  const ended = machine.ended.then(() => 'guest shut down' as const);
  const expired = expiryOf(waiting).then(() => 'killed after its grace' as const);
  const asked = ask(guests, machine, address, waiting);
  const outcome = await Promise.race([
    ended,
    expired,
    asked.then((taken) =>
      taken ? Promise.race([ended, expired]) : ('killed, since it could not be asked to shut down' as const),
    ),
  ]);
  signal.throwIfAborted();
  return outcome;
}

async function ask(
  guests: LiveGuest['guests'],
  machine: LiveGuest['machine'],
  address: GuestAddress,
  signal: AbortSignal,
): Promise<boolean> {
  if (await guests.requestPowerOff(address, signal).catch(() => false)) return true;
  // When it is over, the race that this answer takes part in says so.
  return machine.powerButton(signal).catch(() => signal.aborted);
}

function expiryOf(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
