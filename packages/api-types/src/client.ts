/**
 * The typed client over any byte transport. The schemas are used as types only: nothing here loads zod, and nothing
 * needs Node, so it starts fast in the CLI and runs in a browser.
 */
import { FrameClientStream } from './client/client-stream.ts';
import { RpcChannel } from './client/rpc-channel.ts';
import type { ByteTransport, CallOptions, Client, ClientStream } from './client-types.ts';
import type { MethodName, Params, Result } from './methods.ts';
import { describeProtocolMismatch, PROTOCOL_VERSION } from './protocol.ts';
import { RpcError } from './rpc-error.ts';

export * from './client-types.ts';
export * from './errors.ts';
export * from './frame-codec.ts';
export * from './frames.ts';
export type * from './methods.ts';
export * from './protocol.ts';
export * from './rpc-error.ts';

export interface ClientOptions {
  /**
   * Opens a connection: once for the calls, once more for each stream.
   * @throws RpcError saying why there is none
   */
  readonly open: (options: CallOptions) => Promise<ByteTransport>;
  /** What the client calls itself, with its version, for example `banger 1.2.0`. */
  readonly client: string;
  /** Ends opening and the handshake. */
  readonly signal?: AbortSignal;
  /** How long opening and the handshake may take together, in milliseconds; for ever unless told. */
  readonly timeoutMs?: number;
}

/**
 * Opens a connection and sends the handshake; resolves without waiting for its answer, so that the first call travels
 * with it.
 * @throws RpcError of `open`; the signal's reason when it was aborted
 */
export async function createClient(options: ClientOptions): Promise<Client> {
  const { open, client, signal, timeoutMs } = options;
  const started = performance.now();
  const channel = new RpcChannel(await open(signal === undefined ? {} : { signal }));
  const params: Params<'handshake'> = { protocol: PROTOCOL_VERSION, client };
  const daemon = channel.handshake(params, signal, (result) =>
    refuseOtherProtocol(client, result as Result<'handshake'>),
  ) as Promise<Result<'handshake'>>;
  if (timeoutMs !== undefined) limitHandshake(channel, daemon, timeoutMs, timeoutMs - (performance.now() - started));
  return {
    daemon,
    call: <M extends MethodName>(method: M, params: Params<M>, callOptions: CallOptions = {}) =>
      channel.call(method, params, callOptions.signal) as Promise<Result<M>>,
    openStream: (ticket, callOptions = {}) => openStream(open, ticket, callOptions),
    close: () => channel.fail(new RpcError({ code: 'daemon_unreachable', message: 'the client was closed' })),
  };
}

function refuseOtherProtocol(client: string, daemon: Result<'handshake'>): RpcError | undefined {
  if (daemon.protocol === PROTOCOL_VERSION) return undefined;
  const mismatch = describeProtocolMismatch(
    { name: client, protocol: PROTOCOL_VERSION },
    { name: daemon.daemon, protocol: daemon.protocol },
  );
  return new RpcError({ code: 'protocol_mismatch', ...mismatch });
}

function limitHandshake(channel: RpcChannel, daemon: Promise<unknown>, timeoutMs: number, leftMs: number): void {
  const timer = setTimeout(
    () => {
      const message = `the daemon did not answer the handshake within ${timeoutMs} ms`;
      const remediation = 'It may be stopped or overloaded: see its log.';
      channel.fail(new RpcError({ code: 'daemon_unreachable', message, remediation }));
    },
    Math.max(0, leftMs),
  );
  const answered = (): void => clearTimeout(timer);
  daemon.then(answered, answered);
}

async function openStream(open: ClientOptions['open'], ticket: string, options: CallOptions): Promise<ClientStream> {
  const transport = await open(options);
  void transport.write([new TextEncoder().encode(`${JSON.stringify({ ticket })}\n`)]);
  return new FrameClientStream(transport);
}
