import { randomBytes } from 'node:crypto';
import { BangerError } from '../errors.ts';
import type { RpcLimits } from './limits.ts';
import type { IssuedTicket, OpenStream } from './types.ts';

interface Ticket {
  readonly open: OpenStream;
  readonly connectionId: string;
  readonly expiresAt: number;
}

export interface TicketOfficeOptions {
  readonly limits: Pick<RpcLimits, 'ticketLifetimeMs' | 'maxTicketsPerConnection' | 'maxTickets'>;
  /** Monotonic, in milliseconds. */
  readonly now: () => number;
}

/** Tickets that were issued and not redeemed. No timers: expired ones go when the next is asked for. */
export class TicketOffice {
  readonly #limits: TicketOfficeOptions['limits'];
  readonly #now: () => number;
  /** In the order of issue, which is the order of expiry: all live equally long. */
  readonly #tickets = new Map<string, Ticket>();
  readonly #perConnection = new Map<string, number>();

  constructor({ limits, now }: TicketOfficeOptions) {
    this.#limits = limits;
    this.#now = now;
  }

  /** @throws BangerError `overloaded` */
  issue(connectionId: string, open: OpenStream): IssuedTicket {
    this.#dropExpired();
    const { ticketLifetimeMs, maxTicketsPerConnection, maxTickets } = this.#limits;
    const held = this.#perConnection.get(connectionId) ?? 0;
    if (held >= maxTicketsPerConnection || this.#tickets.size >= maxTickets) {
      const whose = held >= maxTicketsPerConnection ? `this connection has ${held}` : 'the daemon has too many';
      throw new BangerError('overloaded', `too many open tickets: ${whose}`, {
        remediation: `Redeem tickets before asking for more; they expire after ${ticketLifetimeMs / 1000} s.`,
      });
    }
    const ticket = randomBytes(32).toString('base64url');
    this.#tickets.set(ticket, { open, connectionId, expiresAt: this.#now() + ticketLifetimeMs });
    this.#perConnection.set(connectionId, held + 1);
    return { ticket, expiresInMs: ticketLifetimeMs };
  }

  /** Works once for each ticket. @throws BangerError `ticket_invalid` */
  redeem(ticket: string): OpenStream {
    this.#dropExpired();
    const found = this.#tickets.get(ticket);
    if (found === undefined) {
      throw new BangerError('ticket_invalid', 'the ticket is unknown, was used already, or has expired', {
        remediation: 'Ask for a new one.',
      });
    }
    this.#drop(ticket, found);
    return found.open;
  }

  /** A connection that is gone cannot tell anybody its tickets any more. */
  revoke(connectionId: string): void {
    if (!this.#perConnection.has(connectionId)) return;
    for (const [ticket, held] of this.#tickets) if (held.connectionId === connectionId) this.#drop(ticket, held);
  }

  #dropExpired(): void {
    const now = this.#now();
    for (const [ticket, held] of this.#tickets) {
      if (held.expiresAt > now) return;
      this.#drop(ticket, held);
    }
  }

  #drop(ticket: string, { connectionId }: Ticket): void {
    this.#tickets.delete(ticket);
    const left = (this.#perConnection.get(connectionId) ?? 1) - 1;
    if (left === 0) this.#perConnection.delete(connectionId);
    else this.#perConnection.set(connectionId, left);
  }
}
