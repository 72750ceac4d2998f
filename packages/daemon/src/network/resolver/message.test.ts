import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addressReply, errorReply, isAnswer, type Query, RCODE, rcode, readQuery, withId } from './message.ts';

/** A query as clients send it. */
function makeQuery(
  labels: readonly (string | Buffer)[],
  fields: { id?: number; flags?: number; type?: number; count?: number } = {},
): Buffer {
  const header = Buffer.alloc(12);
  header.writeUInt16BE(fields.id ?? 0x1234, 0);
  header.writeUInt16BE(fields.flags ?? 0x0100, 2);
  header.writeUInt16BE(fields.count ?? 1, 4);
  const name = labels.flatMap((label) => [Buffer.from([label.length]), Buffer.from(label)]);
  const tail = Buffer.from([0, 0, fields.type ?? 1, 0, 1]);
  return Buffer.concat([header, ...name, tail]);
}
const read = (bytes: Buffer): Query => {
  const result = readQuery(bytes);
  if (result === undefined || !('query' in result)) throw new Error('not a query');
  return result.query;
};
const reply = (bytes: Buffer): Buffer | undefined => {
  const result = readQuery(bytes);
  return result !== undefined && 'reply' in result ? result.reply : undefined;
};

describe('readQuery', () => {
  it('reads name, type and class', () => {
    expect(read(makeQuery(['WWW', 'Example', 'com'], { type: 28 })).question).toEqual({
      name: 'www.example.com',
      type: 28,
      class: 1,
      end: 33,
    });
    expect(read(makeQuery([])).question.name).toBe('');
  });

  it('keeps a dot within a label apart from one between labels', () => {
    const names = [['a.b'], ['a', 'b'], ['a\\046b'], ['a\0b'], [Buffer.from([0xff])]].map(
      (labels) => read(makeQuery(labels)).question.name,
    );
    expect(new Set(names).size).toBe(5);
  });

  it.each([
    ['a response', makeQuery(['a'], { flags: 0x8100 })],
    ['a cut header', makeQuery(['a']).subarray(0, 11)],
    ['nothing', Buffer.alloc(0)],
  ])('does not answer %s', (_name, bytes) => {
    expect(readQuery(bytes)).toBeUndefined();
  });

  it.each([
    ['another opcode', makeQuery(['a'], { flags: 0x2900 }), RCODE.notImplemented],
    ['no question', makeQuery(['a'], { count: 0 }), RCODE.formatError],
    ['two questions', makeQuery(['a'], { count: 2 }), RCODE.formatError],
    ['a cut name', makeQuery(['abc']).subarray(0, 14), RCODE.formatError],
    ['a cut type', makeQuery(['abc']).subarray(0, -3), RCODE.formatError],
    [
      'a pointer',
      Buffer.concat([makeQuery([]).subarray(0, 12), Buffer.from([0xc0, 12, 0, 1, 0, 1])]),
      RCODE.formatError,
    ],
    ['a label that is too long', makeQuery(['x'.repeat(64)]), RCODE.formatError],
    ['a name that is too long', makeQuery(Array.from({ length: 5 }, () => 'x'.repeat(60))), RCODE.formatError],
    ['a zone transfer', makeQuery(['a'], { type: 252 }), RCODE.refused],
  ])('refuses %s', (_name, bytes, code) => {
    const answer = reply(bytes)!;
    expect(rcode(answer)).toBe(code);
    expect(answer.readUInt16BE(0)).toBe(0x1234);
    expect(answer.readUInt8(2) & 0x80).toBe(0x80);
  });

  it('never throws, and never answers with more than it got', () => {
    const mangled = fc
      .tuple(
        fc.uint8Array({ maxLength: 64 }),
        fc.array(fc.tuple(fc.nat({ max: 11 }), fc.nat({ max: 255 })), { maxLength: 6 }),
      )
      .map(([tail, changes]) => {
        const bytes = Buffer.concat([makeQuery(['example', 'com']).subarray(0, 20), tail]);
        for (const [offset, value] of changes) bytes[offset] = value;
        return bytes;
      });
    fc.assert(
      fc.property(
        fc.oneof(
          mangled,
          fc.uint8Array({ maxLength: 600 }).map((bytes) => Buffer.from(bytes)),
        ),
        (bytes) => {
          const result = readQuery(bytes);
          if (result === undefined) return;
          if ('query' in result) {
            expect(result.query.question.end).toBeLessThanOrEqual(bytes.length);
            expect(errorReply(bytes, RCODE.serverFailure, result.query.question).length).toBeLessThanOrEqual(
              bytes.length,
            );
          } else {
            expect(result.reply.length).toBeLessThanOrEqual(bytes.length);
            expect(readQuery(result.reply)).toBeUndefined(); // no loop between two servers
          }
        },
      ),
      { seed: 3, numRuns: 3000 },
    );
  });
});

describe('isAnswer', () => {
  const query = read(makeQuery(['Example', 'com']));
  const answer = errorReply(makeQuery(['eXample', 'COM'], { id: 7 }), RCODE.ok, query.question);

  it('wants the id, the response bit and the question', () => {
    expect(isAnswer(answer, query, 7)).toBe(true);
    expect(isAnswer(answer, query, 8)).toBe(false);
    expect(isAnswer(makeQuery(['example', 'com'], { id: 7 }), query, 7)).toBe(false);
    const other = read(makeQuery(['example', 'org'], { id: 7 }));
    expect(isAnswer(errorReply(other.bytes, RCODE.ok, other.question), query, 7)).toBe(false);
    expect(
      isAnswer(errorReply(makeQuery(['example', 'com'], { id: 7, type: 28 }), RCODE.ok, query.question), query, 7),
    ).toBe(false);
  });

  it('takes an error without question, but no success without', () => {
    expect(isAnswer(withId(errorReply(query.bytes, RCODE.formatError), 7), query, 7)).toBe(true);
    expect(isAnswer(withId(errorReply(query.bytes, RCODE.ok), 7), query, 7)).toBe(false);
  });

  it('never throws', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        isAnswer(Buffer.from(bytes), query, 7);
      }),
      { seed: 3, numRuns: 1000 },
    );
  });
});

describe('addressReply', () => {
  it('has a record per address for type A, and none for others', () => {
    const a = addressReply(read(makeQuery(['x', 'vm'])), [0x0ae70002, 0x0ae70003], 5);
    expect([rcode(a), a.readUInt16BE(6), a.length]).toEqual([0, 2, 12 + 10 + 2 * 16]);
    expect(a.subarray(-4)).toEqual(Buffer.from([10, 231, 0, 3]));
    expect(a.readUInt8(2) & 0x04).toBe(0x04);
    const aaaa = addressReply(read(makeQuery(['x', 'vm'], { type: 28 })), [1], 5);
    expect([rcode(aaaa), aaaa.readUInt16BE(6)]).toEqual([0, 0]);
  });
});
