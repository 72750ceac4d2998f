import type { ByteTransport } from '../client-types.ts';
import type { WireError } from '../errors.ts';
import { LineReader, LineTooLongError } from '../line-reader.ts';
import { MAX_LINE_BYTES } from '../protocol.ts';
import { RpcError } from '../rpc-error.ts';

interface Waiting {
  resolve(result: unknown): void;
  reject(error: unknown): void;
}

/** What a daemon answers, trusted after the handshake and read with care before it. */
interface Answer {
  readonly id?: unknown;
  readonly result?: unknown;
  readonly error?: { readonly message?: string; readonly data?: WireError };
}

/** JSON-RPC 2.0 over one byte transport: matches answers to calls. */
export class RpcChannel {
  readonly #transport: ByteTransport;
  readonly #waiting = new Map<number, Waiting>();
  readonly #encoder = new TextEncoder();
  #lastId = 0;
  #failure: RpcError | undefined;
  #handshakeCheck: ((result: unknown) => RpcError | undefined) | undefined;

  constructor(transport: ByteTransport) {
    this.#transport = transport;
    void this.#readAll();
  }

  /**
   * A first call whose failure is the failure of all: `check` looks at the answer before any later one is read, for
   * calls may have been sent behind it.
   */
  handshake(
    params: unknown,
    signal: AbortSignal | undefined,
    check: (result: unknown) => RpcError | undefined,
  ): Promise<unknown> {
    this.#handshakeCheck = check;
    const answer = this.call('handshake', params, signal);
    answer.catch((error: unknown) => this.fail(error instanceof RpcError ? error : handshakeGivenUp(error)));
    return answer;
  }

  /** Untyped: the typed client is on top. */
  call(method: string, params: unknown, signal: AbortSignal | undefined): Promise<unknown> {
    if (signal?.aborted === true) return Promise.reject(abortReason(signal));
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    const id = ++this.#lastId;
    const line = this.#encoder.encode(`${JSON.stringify({ jsonrpc: '2.0', id, method, params })}\n`);
    if (line.length > MAX_LINE_BYTES) {
      const message = `the parameters of ${method} take ${line.length} bytes, the daemon accepts ${MAX_LINE_BYTES}`;
      return Promise.reject(new RpcError({ code: 'invalid_request', message }));
    }
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        this.#waiting.delete(id);
        reject(abortReason(signal));
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      const settled = (): void => signal?.removeEventListener('abort', onAbort);
      this.#waiting.set(id, {
        resolve: (result) => {
          settled();
          resolve(result);
        },
        reject: (error) => {
          settled();
          reject(error);
        },
      });
      this.#transport.write([line]).catch((cause: unknown) => this.fail(connectionLost(cause)));
    });
  }

  /** Ends the connection; every call that waits, and every later one, fails with this error. The first cause stays. */
  fail(error: RpcError): void {
    if (this.#failure !== undefined) return;
    this.#failure = error;
    this.#transport.close();
    for (const call of this.#waiting.values()) call.reject(error);
    this.#waiting.clear();
  }

  async #readAll(): Promise<void> {
    const lines = new LineReader();
    try {
      for await (const chunk of this.#transport.incoming) {
        lines.push(chunk);
        for (let line = lines.next(); line !== undefined; line = lines.next()) this.#receive(line);
      }
      this.fail(connectionLost(undefined));
    } catch (cause) {
      this.fail(cause instanceof RpcError ? cause : connectionLost(cause));
    }
  }

  #receive(line: Uint8Array): void {
    const answer = parseAnswer(line);
    const error = answer.error === undefined ? undefined : toRpcError(answer.error);
    // Without an id the daemon speaks of the connection, for example that it takes no more of them.
    if (answer.id === null && error !== undefined) return this.fail(error);
    if (this.#handshakeCheck !== undefined) {
      const refusal = error ?? this.#handshakeCheck(answer.result);
      if (refusal !== undefined) return this.fail(refusal);
      this.#handshakeCheck = undefined;
    }
    const call = this.#waiting.get(answer.id as number);
    if (call === undefined) return;
    this.#waiting.delete(answer.id as number);
    if (error === undefined) call.resolve(answer.result);
    else call.reject(error);
  }
}

function parseAnswer(line: Uint8Array): Answer {
  try {
    const answer: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(line));
    if (typeof answer === 'object' && answer !== null) return answer;
  } catch {
    // Reported below, with or without a cause it means the same.
  }
  throw new RpcError({
    code: 'protocol_mismatch',
    message: 'what answers there is not a banger daemon: it does not speak JSON-RPC',
    remediation: 'Check the socket path.',
  });
}

function toRpcError(error: NonNullable<Answer['error']>): RpcError {
  const fallback: WireError = { code: 'internal', message: error.message ?? 'the daemon answered an unknown error' };
  return new RpcError(error.data ?? fallback);
}

function connectionLost(cause: unknown): RpcError {
  if (cause instanceof LineTooLongError) {
    return new RpcError({ code: 'protocol_mismatch', message: `the daemon's answer: ${cause.message}` }, { cause });
  }
  return new RpcError(
    {
      code: 'daemon_unreachable',
      message: 'the connection to the daemon broke before it answered',
      remediation: 'See whether it still runs with `banger daemon status`; what was begun goes on or is recovered.',
    },
    cause === undefined ? undefined : { cause },
  );
}

function handshakeGivenUp(cause: unknown): RpcError {
  return new RpcError({ code: 'daemon_unreachable', message: 'the handshake with the daemon was given up' }, { cause });
}

function abortReason(signal: AbortSignal | undefined): unknown {
  return signal?.reason ?? new DOMException('The call was aborted', 'AbortError');
}
