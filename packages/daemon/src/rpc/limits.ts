import { MAX_LINE_BYTES } from '@banger/api-types';

/** What one client, and all together, may cost. The defaults bound memory to some hundred MiB in the worst case. */
export interface RpcLimits {
  /** Longest request line, and longest answer. */
  readonly maxLineBytes: number;
  /** Unfinished lines of all connections together. */
  readonly maxPartialLineBytes: number;
  /** How long a line that has begun may take to arrive; a connection between two lines may idle for ever. */
  readonly lineDeadlineMs: number;
  readonly maxBatchCalls: number;
  /** Calls of one connection that run at once; beyond it the connection is not read. */
  readonly maxCallsInFlight: number;
  /** How long one connection may keep the event loop before others have their turn. */
  readonly turnMs: number;
  /** Answers of one connection that wait for the client to read; beyond it the connection is not read. */
  readonly maxUnreadBytes: number;
  /** How long it may stay beyond `maxUnreadBytes` before it is dropped. */
  readonly unreadDeadlineMs: number;
  /** RPC and stream connections together. */
  readonly maxConnections: number;
  /** At the limit, a connection that has not shaken hands for so long makes room for a new one. */
  readonly silentGraceMs: number;
  /** How long calls in flight may go on when the client has ended its side but may still read. */
  readonly halfCloseGraceMs: number;
  /** How long a connection that we ended waits for the client to notice. */
  readonly lingerMs: number;
  readonly ticketLifetimeMs: number;
  readonly maxTicketsPerConnection: number;
  readonly maxTickets: number;
}

export const defaultLimits: RpcLimits = {
  maxLineBytes: MAX_LINE_BYTES,
  maxPartialLineBytes: 64 * 2 ** 20,
  lineDeadlineMs: 30_000,
  maxBatchCalls: 100,
  maxCallsInFlight: 64,
  turnMs: 1,
  maxUnreadBytes: 256 * 1024,
  unreadDeadlineMs: 30_000,
  maxConnections: 1024,
  silentGraceMs: 1000,
  halfCloseGraceMs: 1000,
  lingerMs: 1000,
  ticketLifetimeMs: 30_000,
  maxTicketsPerConnection: 64,
  maxTickets: 4096,
};
