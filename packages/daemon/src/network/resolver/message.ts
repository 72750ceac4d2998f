/** DNS messages (RFC 1035, section 4), as far as a forwarder must understand them. */

/** Response codes that we give ourselves (RFC 1035, 4.1.1; RFC 8020 for the meaning of 3). */
export const RCODE = { ok: 0, formatError: 1, serverFailure: 2, notImplemented: 4, refused: 5 } as const;
/** Record types that matter here (RFC 1035, 3.2.2; RFC 5936; RFC 1995). */
const TYPE = { a: 1, ixfr: 251, axfr: 252 } as const;

const HEADER_BYTES = 12;
const CLASS_IN = 1;
const MAX_NAME_BYTES = 255;

export interface Question {
  /** Lower case, without the dot at its end; the root is empty. Bytes that are no letters, digits, - or _ as \DDD. */
  readonly name: string;
  readonly type: number;
  readonly class: number;
  /** Offset of the first byte after the question. */
  readonly end: number;
}

/** A query that may be forwarded or answered. */
export interface Query {
  readonly bytes: Buffer;
  readonly question: Question;
}

/**
 * Reads what a client sent: a query, or the answer to give at once, or undefined for what deserves no answer.
 * Never answers to responses and fragments of a header: two servers would talk to each other for ever.
 */
export function readQuery(bytes: Buffer): { readonly query: Query } | { readonly reply: Buffer } | undefined {
  if (bytes.length < HEADER_BYTES || isResponse(bytes)) return undefined;
  if (opcode(bytes) !== 0) return { reply: errorReply(bytes, RCODE.notImplemented) };
  const question = bytes.readUInt16BE(4) === 1 ? readQuestion(bytes) : undefined;
  if (question === undefined) return { reply: errorReply(bytes, RCODE.formatError) };
  const query = { bytes, question };
  const isTransfer = question.type === TYPE.axfr || question.type === TYPE.ixfr;
  if (isTransfer) return { reply: errorReply(bytes, RCODE.refused, question) };
  return { query };
}

/** Whether `response` may be the answer to `query`, sent with the id `id`. */
export function isAnswer(response: Buffer, query: Query, id: number): boolean {
  if (response.length < HEADER_BYTES || !isResponse(response) || response.readUInt16BE(0) !== id) return false;
  // A server that could not read the query need not repeat the question.
  if (response.readUInt16BE(4) === 0) return rcode(response) !== RCODE.ok;
  const question = readQuestion(response);
  const { name, type, class: questionClass } = query.question;
  return question?.name === name && question.type === type && question.class === questionClass;
}

export const rcode = (message: Buffer): number => message.readUInt8(3) & 0x0f;

/** The message with another id. */
export function withId(message: Buffer, id: number): Buffer {
  const copy = Buffer.from(message);
  copy.writeUInt16BE(id, 0);
  return copy;
}

/** An answer without records. */
export function errorReply(query: Buffer, code: number, question?: Question): Buffer {
  const reply = Buffer.concat([replyHeader(query), query.subarray(HEADER_BYTES, question?.end ?? HEADER_BYTES)]);
  reply.writeUInt8((reply.readUInt8(3) & 0xf0) | code, 3);
  reply.writeUInt16BE(question === undefined ? 0 : 1, 4);
  return reply;
}

/** The answer to a question about a name of ours: its IPv4 addresses for type A, and no records for other types. */
export function addressReply({ bytes, question }: Query, addresses: readonly number[], ttlSeconds: number): Buffer {
  const answers = question.type === TYPE.a && question.class === CLASS_IN ? addresses : [];
  const reply = Buffer.concat([
    errorReply(bytes, RCODE.ok, question),
    ...answers.map((address) => addressRecord(address, ttlSeconds)),
  ]);
  reply.writeUInt8(reply.readUInt8(2) | 0x04, 2); // authoritative
  reply.writeUInt16BE(answers.length, 6);
  return reply;
}

function addressRecord(address: number, ttlSeconds: number): Buffer {
  const record = Buffer.alloc(16);
  record.writeUInt16BE(0xc000 | HEADER_BYTES, 0); // the name of the question
  record.writeUInt16BE(TYPE.a, 2);
  record.writeUInt16BE(CLASS_IN, 4);
  record.writeUInt32BE(ttlSeconds, 6);
  record.writeUInt16BE(4, 10);
  record.writeUInt32BE(address, 12);
  return record;
}

/** Id, opcode and "recursion desired" of the query; response, recursion available, nothing in any section. */
function replyHeader(query: Buffer): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  query.copy(header, 0, 0, 2);
  header.writeUInt8(0x80 | (query.readUInt8(2) & 0x79), 2);
  header.writeUInt8(0x80, 3);
  return header;
}

const isResponse = (message: Buffer): boolean => (message.readUInt8(2) & 0x80) !== 0;
const opcode = (message: Buffer): number => (message.readUInt8(2) >> 3) & 0x0f;

/** The first question; undefined when it is cut off or compressed (there is nothing before it to point to). */
function readQuestion(message: Buffer): Question | undefined {
  const labels: string[] = [];
  let offset = HEADER_BYTES;
  for (;;) {
    const length = message[offset];
    if (length === undefined || length > 63 || offset - HEADER_BYTES + length + 1 > MAX_NAME_BYTES) return undefined;
    offset += 1;
    if (length === 0) break;
    if (offset + length > message.length) return undefined;
    labels.push(label(message.subarray(offset, offset + length)));
    offset += length;
  }
  if (offset + 4 > message.length) return undefined;
  return {
    name: labels.join('.'),
    type: message.readUInt16BE(offset),
    class: message.readUInt16BE(offset + 2),
    end: offset + 4,
  };
}

/** Bytes as text that keeps different labels different (RFC 4343). */
function label(bytes: Buffer): string {
  return bytes
    .toString('latin1')
    .toLowerCase()
    .replaceAll(/[^a-z0-9_-]/g, (byte) => `\\${String(byte.charCodeAt(0)).padStart(3, '0')}`);
}
