import { errorCodes, type WireError } from '@banger/api-types';
import { BangerError } from '../errors.ts';

type Id = string | number | null;

interface Request {
  /** Undefined for a notification, which is never answered. */
  readonly id: Id | undefined;
  readonly method: string;
  readonly params: unknown;
}

export interface JsonRpcOptions {
  /** Performs a call; may answer at once or later. */
  readonly invoke: (method: string, params: unknown) => unknown;
  /** Resolves when the next call may begin. */
  readonly admit: () => Promise<void>;
  readonly describe: (error: unknown) => WireError;
  readonly maxBatchCalls: number;
  readonly maxAnswerBytes: number;
}

/** The texts of the specification for its own errors; ours are in `data`. */
const standardMessages: Partial<Record<WireError['code'], string>> = {
  parse_error: 'Parse error',
  invalid_request: 'Invalid Request',
  method_not_found: 'Method not found',
  invalid_params: 'Invalid params',
  internal: 'Internal error',
};

/** JSON-RPC 2.0 as its specification says (https://www.jsonrpc.org/specification), for one connection. */
export class JsonRpc {
  readonly #options: JsonRpcOptions;
  readonly #decoder = new TextDecoder('utf-8', { fatal: true });

  constructor(options: JsonRpcOptions) {
    this.#options = options;
  }

  /**
   * Resolves when the calls of a line have begun, with a promise of their answer: text without line end, or undefined
   * when there is nothing to answer. (The promise is in an object because a promise of a promise cannot be.)
   */
  async start(line: Uint8Array): Promise<{ readonly answer: Promise<string | undefined> }> {
    let message: unknown;
    try {
      message = JSON.parse(this.#decoder.decode(line));
    } catch (cause) {
      return this.#refuse(new BangerError('parse_error', 'the line is not JSON in UTF-8', { cause }));
    }
    const { admit, maxBatchCalls } = this.#options;
    if (!Array.isArray(message)) {
      await admit();
      return { answer: this.#begin(message) };
    }
    if (message.length === 0) return this.#refuse(new BangerError('invalid_request', 'a batch has at least one call'));
    if (message.length > maxBatchCalls) {
      return this.#refuse(new BangerError('invalid_request', `a batch has at most ${maxBatchCalls} calls`));
    }
    const answers: Promise<string | undefined>[] = [];
    for (const call of message as unknown[]) {
      await admit();
      answers.push(this.#begin(call));
    }
    return { answer: this.#collect(answers) };
  }

  /** The answer to a line that cannot be read, or about the connection itself. */
  refusal(error: unknown): string {
    return this.#failure(null, error);
  }

  #refuse(error: BangerError): { readonly answer: Promise<string> } {
    return { answer: Promise.resolve(this.refusal(error)) };
  }

  async #begin(message: unknown): Promise<string | undefined> {
    const request = toRequest(message);
    if (request === undefined) {
      const reason = 'a call has "jsonrpc": "2.0", a method, and params that are an object or an array';
      return this.#failure(idOf(message) ?? null, new BangerError('invalid_request', reason));
    }
    const { id, method, params } = request;
    let answer: string;
    try {
      answer = this.#success(id ?? null, method, await this.#options.invoke(method, params));
    } catch (error) {
      answer = this.#failure(id ?? null, error);
    }
    return id === undefined ? undefined : answer;
  }

  #success(id: Id, method: string, result: unknown): string {
    const answer = `{"jsonrpc":"2.0","result":${JSON.stringify(result ?? null)},"id":${JSON.stringify(id)}}`;
    if (this.#fits(answer)) return answer;
    throw new Error(`the answer of ${method} has ${answer.length} characters, too many for one line`);
  }

  #failure(id: Id, error: unknown): string {
    const data = this.#options.describe(error);
    try {
      return failureText(id, data);
    } catch (cause) {
      return failureText(id, this.#options.describe(new Error('details of an error are not JSON', { cause })));
    }
  }

  async #collect(pending: readonly Promise<string | undefined>[]): Promise<string | undefined> {
    const answers = (await Promise.all(pending)).filter((answer) => answer !== undefined);
    if (answers.length === 0) return undefined;
    const batch = `[${answers.join(',')}]`;
    if (this.#fits(batch)) return batch;
    const { maxAnswerBytes } = this.#options;
    return this.refusal(
      new BangerError('invalid_request', `the batch's answers exceed ${maxAnswerBytes} bytes: split it`),
    );
  }

  /** A character takes at most 3 bytes, so that most answers need no count. */
  #fits(answer: string): boolean {
    const { maxAnswerBytes } = this.#options;
    return answer.length * 3 <= maxAnswerBytes || Buffer.byteLength(answer) <= maxAnswerBytes;
  }
}

/** An error answer, without line end. @throws TypeError when the details are not JSON */
export function failureText(id: Id, data: WireError): string {
  const message = standardMessages[data.code] ?? data.message;
  return JSON.stringify({ jsonrpc: '2.0', error: { code: errorCodes[data.code].rpc, message, data }, id });
}

function toRequest(message: unknown): Request | undefined {
  if (typeof message !== 'object' || message === null || Array.isArray(message)) return undefined;
  const { jsonrpc, method, params } = message as Record<string, unknown>;
  if (jsonrpc !== '2.0' || typeof method !== 'string') return undefined;
  if (params !== undefined && (typeof params !== 'object' || params === null)) return undefined;
  const id = idOf(message);
  // An id of another type is an error; none at all makes a notification.
  if (id === undefined && Object.hasOwn(message, 'id')) return undefined;
  return { id, method, params };
}

/** The id where there is one that may be answered, also of what is no request otherwise. */
function idOf(message: unknown): Id | undefined {
  if (typeof message !== 'object' || message === null || !Object.hasOwn(message, 'id')) return undefined;
  const { id } = message as { id: unknown };
  return id === null || typeof id === 'string' || typeof id === 'number' ? id : undefined;
}
