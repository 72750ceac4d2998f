import { expect, test } from 'vitest';
import { TicketOffice } from './ticket-office.ts';

const open = (): Promise<void> => Promise.resolve();

function office(): { tickets: TicketOffice; later: (ms: number) => void } {
  let now = 0;
  const limits = { ticketLifetimeMs: 30_000, maxTicketsPerConnection: 2, maxTickets: 3 };
  return {
    tickets: new TicketOffice({ limits, now: () => now }),
    later: (ms) => {
      now += ms;
    },
  };
}

test('a ticket has 256 bits and works once', () => {
  const { tickets } = office();
  const { ticket, expiresInMs } = tickets.issue('c1', open);
  expect(Buffer.from(ticket, 'base64url')).toHaveLength(32);
  expect(expiresInMs).toBe(30_000);
  expect(tickets.redeem(ticket)).toBe(open);
  expect(() => tickets.redeem(ticket)).toThrow(expect.objectContaining({ code: 'ticket_invalid' }) as Error);
});

test('a ticket expires', () => {
  const { tickets, later } = office();
  const { ticket } = tickets.issue('c1', open);
  later(30_000);
  expect(() => tickets.redeem(ticket)).toThrow(expect.objectContaining({ code: 'ticket_invalid' }) as Error);
});

test('tickets are limited per connection and in all; used, expired and revoked ones make room', () => {
  const { tickets, later } = office();
  const overloaded = expect.objectContaining({ code: 'overloaded' }) as Error;
  const { ticket } = tickets.issue('c1', open);
  tickets.issue('c1', open);
  expect(() => tickets.issue('c1', open)).toThrow(overloaded);
  tickets.redeem(ticket);
  tickets.issue('c1', open);
  tickets.issue('c2', open);
  expect(() => tickets.issue('c2', open)).toThrow(overloaded);
  tickets.revoke('c1');
  tickets.issue('c2', open);
  expect(() => tickets.issue('c2', open)).toThrow(overloaded);
  later(30_000);
  tickets.issue('c2', open);
});

test('a revoked ticket cannot be redeemed', () => {
  const { tickets } = office();
  const { ticket } = tickets.issue('c1', open);
  tickets.revoke('c1');
  expect(() => tickets.redeem(ticket)).toThrow(expect.objectContaining({ code: 'ticket_invalid' }) as Error);
});
