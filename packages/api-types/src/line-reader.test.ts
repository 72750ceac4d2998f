import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LineReader, LineTooLongError } from './line-reader.ts';

const seed = 20_260_102;

function readAll(reader: LineReader): string[] {
  const lines: string[] = [];
  for (let line = reader.next(); line !== undefined; line = reader.next()) lines.push(Buffer.from(line).toString());
  return lines;
}

test('lines come out as they went in, however they are cut', () => {
  const text = fc.string({ unit: 'grapheme' }).map((line) => line.replaceAll('\n', ' '));
  fc.assert(
    fc.property(fc.array(text), fc.integer({ min: 1, max: 9 }), (lines, size) => {
      const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(''));
      const reader = new LineReader();
      const seen: string[] = [];
      for (let at = 0; at < bytes.length; at += size) {
        reader.push(bytes.subarray(at, at + size));
        seen.push(...readAll(reader));
      }
      expect(seen).toEqual(lines);
      expect(reader.partialBytes).toBe(0);
    }),
    { seed },
  );
});

test('a line may be as long as allowed and not one byte longer', () => {
  for (const pieces of [[10], [4, 6], [1, 1, 8]]) {
    const reader = new LineReader(10);
    for (const size of pieces) reader.push(Buffer.alloc(size, 'x'));
    expect(reader.next()).toBeUndefined();
    reader.push(Buffer.from('\n'));
    expect(reader.next()).toHaveLength(10);
    for (const size of pieces) reader.push(Buffer.alloc(size, 'x'));
    reader.push(Buffer.from('x'));
    expect(() => reader.next()).toThrow(LineTooLongError);
  }
});

test('a long line that has ended in the chunk is refused too', () => {
  const reader = new LineReader(10);
  reader.push(Buffer.from(`${'x'.repeat(11)}\n`));
  expect(() => reader.next()).toThrow(LineTooLongError);
});

test('keeps what is behind the lines that were read', () => {
  const reader = new LineReader();
  reader.push(Buffer.from('fir'));
  reader.push(Buffer.from('st\nrest'));
  reader.push(Buffer.from('more'));
  expect(Buffer.from(reader.next()!).toString()).toBe('first');
  expect(Buffer.concat(reader.rest()).toString()).toBe('restmore');
  expect(reader.next()).toBeUndefined();
});

test('a line sent byte by byte takes memory for its bytes, not for its pieces', () => {
  const reader = new LineReader();
  for (let i = 0; i < 1_000_000; i += 1) {
    reader.push(Uint8Array.of(120));
    reader.next();
  }
  expect(reader.partialBytes).toBe(1_000_000);
  reader.push(Buffer.from('\n'));
  expect(reader.next()).toHaveLength(1_000_000);
});
