import type { Duplex } from 'node:stream';
import { decodeJson } from '@banger/api-types';
import { BangerError } from '../errors.ts';
import { Admission } from './admission.ts';
import { AnswerWriter } from './answer-writer.ts';
import type { ByteBudget } from './byte-budget.ts';
import type { Dispatcher, Peer } from './dispatcher.ts';
import { discard, endConnection } from './end-connection.ts';
import { Incoming } from './incoming.ts';
import { JsonRpc } from './json-rpc.ts';
import type { RpcLimits } from './limits.ts';
import { LineSource } from './line-source.ts';
import type { TicketOffice } from './ticket-office.ts';
import type { RpcLogger } from './types.ts';
import { toWireError } from './wire-error.ts';

/** A connection whose first line was a ticket: the rest of it are frames. */
export interface TicketHolder {
  readonly ticket: string;
  readonly socket: Duplex;
  readonly incoming: Incoming;
  /** What came behind the ticket. */
  readonly rest: Uint8Array[];
}

export interface RpcConnectionOptions {
  readonly id: string;
  readonly socket: Duplex;
  readonly limits: RpcLimits;
  readonly budget: ByteBudget;
  readonly dispatcher: Dispatcher;
  readonly tickets: TicketOffice;
  readonly logger: RpcLogger;
}

/** One client's connection: reads lines, runs calls, writes answers as they complete. */
export class RpcConnection {
  readonly openedAt = performance.now();
  readonly #options: RpcConnectionOptions;
  readonly #incoming: Incoming;
  readonly #lines: LineSource;
  readonly #admission: Admission;
  readonly #writer: AnswerWriter;
  readonly #rpc: JsonRpc;
  readonly #peer: Peer;
  readonly #over = new AbortController();
  /** Answers that are not written yet, nothing where a call is not answered. */
  readonly #pending = new Set<Promise<void>>();
  #shuttingDown = false;

  constructor(options: RpcConnectionOptions) {
    const { id, socket, limits, budget, tickets, logger } = options;
    this.#options = options;
    this.#incoming = new Incoming(socket);
    this.#admission = new Admission(limits);
    const onWoken = (): void => this.#admission.startTurn();
    this.#lines = new LineSource({ incoming: this.#incoming, limits, budget, onWoken });
    this.#writer = new AnswerWriter(socket, limits);
    const issueTicket = tickets.issue.bind(tickets, id);
    this.#peer = { greeted: false, context: { signal: this.#over.signal, connectionId: id, issueTicket } };
    this.#rpc = new JsonRpc({
      invoke: (method, params) => this.#invoke(method, params),
      admit: () => this.#admission.admit(),
      describe: (error) => toWireError(error, logger),
      maxBatchCalls: limits.maxBatchCalls,
      maxAnswerBytes: limits.maxLineBytes,
    });
  }

  /** Whether the client has said that it speaks our protocol. */
  get greeted(): boolean {
    return this.#peer.greeted;
  }

  /** Serves the client until it is gone; answers its ticket when that is what it came with. Does not throw. */
  async run(): Promise<TicketHolder | undefined> {
    const { id, socket, tickets, limits, logger } = this.#options;
    socket.once('close', () => this.#over.abort(new DOMException('the client is gone', 'AbortError')));
    void this.#incoming.ended.then(() => this.#clientEnded());
    try {
      const holder = await this.#converse();
      if (holder !== undefined) return holder;
      await this.#allAnswered();
    } catch (error) {
      if (socket.destroyed) logger.debug({ err: error, connection: id }, 'connection broke');
      else this.#writer.write(this.#rpc.refusal(error));
    } finally {
      this.#lines.release();
      // Not at once: a client may redeem its ticket and close this connection in the same moment.
      setTimeout(() => tickets.revoke(id), limits.lingerMs).unref();
    }
    endConnection(socket, { flushMs: limits.unreadDeadlineMs, lingerMs: limits.lingerMs });
    await discard(this.#incoming);
    return undefined;
  }

  /** Ends waits and refuses new calls; resolves when those in flight are over. */
  async shutDown(reason: BangerError): Promise<void> {
    this.#shuttingDown = true;
    this.#over.abort(reason);
    await this.#allAnswered();
  }

  async #converse(): Promise<TicketHolder | undefined> {
    let line = await this.#lines.next();
    const ticket = line === undefined ? undefined : ticketIn(line);
    if (ticket !== undefined) {
      return { ticket, socket: this.#options.socket, incoming: this.#incoming, rest: this.#lines.rest() };
    }
    for (; line !== undefined; line = await this.#lines.next()) {
      await this.#writer.ready();
      // What was read from a client that was dropped, and not begun, is dropped with it.
      if (this.#options.socket.destroyed) return undefined;
      const { answer } = await this.#rpc.start(line);
      const written = answer.then((text) => {
        if (text !== undefined) this.#writer.write(text);
        this.#pending.delete(written);
      });
      this.#pending.add(written);
    }
    return undefined;
  }

  async #allAnswered(): Promise<void> {
    while (this.#pending.size > 0) await Promise.all(this.#pending);
  }

  /** It may still read, or be dead, which looks the same: what is quick is still answered, waits are not. */
  #clientEnded(): void {
    const { socket, limits } = this.#options;
    if (socket.destroyed) return;
    const end = (): void => this.#over.abort(new DOMException('the client has ended', 'AbortError'));
    const timer = setTimeout(end, limits.halfCloseGraceMs);
    socket.once('close', () => clearTimeout(timer));
  }

  #invoke(method: string, params: unknown): Promise<unknown> {
    if (this.#shuttingDown) throw shuttingDown();
    return this.#admission.count(() => this.#options.dispatcher.call(method, params, this.#peer));
  }
}

/** Why calls, waits and streams end when the daemon closes. */
export function shuttingDown(): BangerError {
  return new BangerError('shutting_down', 'the daemon is closing', {
    remediation: 'Start it again with `banger daemon start`; VMs go on running, and what was begun is recovered.',
  });
}

/** A ticket is told from a call by what it has, so that a broken line is still answered as a broken call. */
function ticketIn(line: Uint8Array): string | undefined {
  // A call is much more likely, and parsing it twice would cost the most where it matters most.
  if (line.length > 256) return undefined;
  try {
    const first = decodeJson(line);
    if (typeof first !== 'object' || first === null || !('ticket' in first) || 'jsonrpc' in first) return undefined;
    return typeof first.ticket === 'string' ? first.ticket : undefined;
  } catch {
    return undefined;
  }
}
