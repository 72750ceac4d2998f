import type { ClientChannel } from 'ssh2';
import { BangerError } from '../errors.ts';

/**
 * What ssh2 has and does not show. It refuses `signal` and `setWindow` once stdin has ended, which the protocol allows
 * (RFC 4254, 5.3), and it does not say whether the end of an output was the guest's or that of the connection.
 */
interface Internals {
  readonly outgoing: { readonly id: number; readonly state: string };
  readonly incoming: { readonly state: string };
  readonly _client: {
    readonly _protocol: {
      signal(channel: number, name: string): void;
      windowChange(channel: number, rows: number, columns: number, height: number, width: number): void;
    };
  };
}

const internals = (channel: ClientChannel) => channel as unknown as Internals;

/** Whether requests may still be sent: the guest's command runs, as far as we know. */
function isOpen(channel: ClientChannel): boolean {
  const { state } = internals(channel).outgoing;
  return state === 'open' || state === 'eof';
}

/** Signals that SSH can deliver: RFC 4254, 6.10. */
const signals = ['ABRT', 'ALRM', 'FPE', 'HUP', 'ILL', 'INT', 'KILL', 'PIPE', 'QUIT', 'SEGV', 'TERM', 'USR1', 'USR2'];

/**
 * `name` without SIG.
 * @throws BangerError invalid_params for a signal that SSH does not know.
 */
export function sendSignal(channel: ClientChannel, name: string): void {
  const { outgoing, _client } = internals(channel);
  if (!signals.includes(name)) {
    throw new BangerError('invalid_params', `SIG${name} cannot be sent into a guest; these can: ${signals.join(', ')}`);
  }
  if (isOpen(channel)) _client._protocol.signal(outgoing.id, name);
}

export function sendWindowChange(channel: ClientChannel, columns: number, rows: number): void {
  const { outgoing, _client } = internals(channel);
  if (isOpen(channel)) _client._protocol.windowChange(outgoing.id, rows, columns, 0, 0);
}

/** Whether the guest has said that no more output comes. */
export function hasAllOutput(channel: ClientChannel): boolean {
  return internals(channel).incoming.state !== 'open';
}
