import {
  describeProtocolMismatch,
  type MethodName,
  methods,
  type ParsedParams,
  PROTOCOL_VERSION,
  type Result,
} from '@banger/api-types';
import type { z } from 'zod';
import { BangerError } from '../errors.ts';
import { nearest } from '../nearest.ts';
import { paramsError } from './params-error.ts';
import type { CallContext, Handlers } from './types.ts';

/** How the daemon introduces itself in the handshake. */
export interface DaemonIdentity {
  /** With its version, for example `bangerd 1.3.0`. */
  readonly name: string;
  /** The instance id. */
  readonly instance: string;
}

/** What the dispatcher keeps per connection. */
export interface Peer {
  greeted: boolean;
  readonly context: CallContext;
}

export interface DispatcherOptions {
  readonly handlers: Handlers;
  readonly identity: DaemonIdentity;
  /** Parse results too, for tests: production trusts the types. */
  readonly checkResults: boolean;
}

type AnyHandler = (params: unknown, context: CallContext) => unknown;

/** From a method's name to its handler: handshake first, then parameters parsed at the border and trusted behind it. */
export class Dispatcher {
  readonly #options: DispatcherOptions;

  constructor(options: DispatcherOptions) {
    this.#options = options;
  }

  /** @throws BangerError */
  call(method: string, params: unknown, peer: Peer): unknown {
    if (method === 'handshake') return this.#shakeHands(parseParams('handshake', params), peer);
    if (!peer.greeted) {
      throw new BangerError('handshake_required', `call handshake before ${method}`, {
        remediation: `Send {"jsonrpc":"2.0","id":1,"method":"handshake","params":{"protocol":${PROTOCOL_VERSION},"client":"name version"}} first.`,
      });
    }
    if (!isMethod(method)) throw methodNotFound(method);
    // The table of handlers is typed by method; one that is known only now cannot be.
    const handler = this.#options.handlers[method] as AnyHandler;
    const result = handler(parseParams(method, params), peer.context);
    return this.#options.checkResults ? checkResult(method, result) : result;
  }

  #shakeHands(params: ParsedParams<'handshake'>, peer: Peer): Result<'handshake'> {
    const { identity } = this.#options;
    if (params.protocol !== PROTOCOL_VERSION) {
      const { message, remediation } = describeProtocolMismatch(
        { name: params.client, protocol: params.protocol },
        { name: identity.name, protocol: PROTOCOL_VERSION },
      );
      const details = { clientProtocol: params.protocol, daemonProtocol: PROTOCOL_VERSION, daemon: identity.name };
      throw new BangerError('protocol_mismatch', message, { remediation, details });
    }
    peer.greeted = true;
    return { protocol: PROTOCOL_VERSION, daemon: identity.name, instance: identity.instance };
  }
}

function isMethod(method: string): method is Exclude<MethodName, 'handshake'> {
  return Object.hasOwn(methods, method);
}

function parseParams<M extends MethodName>(method: M, params: unknown): ParsedParams<M> {
  const schema: z.ZodType = methods[method].params;
  // JSON-RPC lets params be left out.
  const parsed = schema.safeParse(params ?? {}, { reportInput: true });
  if (!parsed.success) throw paramsError(method, schema, parsed.error);
  return parsed.data as ParsedParams<M>;
}

function methodNotFound(method: string): BangerError {
  const meant = nearest(method, Object.keys(methods));
  const hint = meant === undefined ? '' : `, did you mean ${meant}?`;
  const shown = method.length > 64 ? `${method.slice(0, 64)}…` : method;
  return new BangerError('method_not_found', `the daemon has no method ${shown}${hint}`);
}

async function checkResult(method: MethodName, result: unknown): Promise<unknown> {
  const schema: z.ZodType = methods[method].result;
  const parsed = schema.safeParse(await result);
  if (!parsed.success) throw new Error(`the result of ${method} does not fit its schema`, { cause: parsed.error });
  return parsed.data;
}
