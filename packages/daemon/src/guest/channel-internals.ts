import type { ClientChannel } from 'ssh2';

/**
 * What ssh2 has and does not show. It refuses `setWindow` once stdin has ended, which the protocol allows (RFC 4254,
 * 5.3), and it does not say whether the end of an output was the guest's or that of the connection.
 */
interface Internals {
  readonly outgoing: { readonly id: number; readonly state: string };
  readonly incoming: { readonly state: string };
  readonly _client: {
    readonly _protocol: {
      windowChange(channel: number, rows: number, columns: number, height: number, width: number): void;
    };
  };
}

const internals = (channel: ClientChannel) => channel as unknown as Internals;

/** Whether requests may still be sent: the guest's command runs, as far as we know. */
export function isOpen(channel: ClientChannel): boolean {
  const { state } = internals(channel).outgoing;
  return state === 'open' || state === 'eof';
}

export function sendWindowChange(channel: ClientChannel, columns: number, rows: number): void {
  const { outgoing, _client } = internals(channel);
  if (isOpen(channel)) _client._protocol.windowChange(outgoing.id, rows, columns, 0, 0);
}

/** Whether the guest has said that no more output comes. */
export function hasAllOutput(channel: ClientChannel): boolean {
  return internals(channel).incoming.state !== 'open';
}
