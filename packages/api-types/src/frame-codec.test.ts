import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  decodeCredit,
  decodeJson,
  encodeCredit,
  encodeFrame,
  encodeJson,
  FrameDecoder,
  FrameFormatError,
} from './frame-codec.ts';
import { FRAME_HEADER_BYTES, type Frame, type FrameType, frameTypes, MAX_FRAME_PAYLOAD_BYTES } from './frames.ts';

const types = Object.keys(frameTypes) as FrameType[];
const inPieces = new Set<FrameType>(['stdin', 'stdout', 'stderr']);
const seed = 20_260_101;

function cut(bytes: Uint8Array, at: readonly number[]): Uint8Array[] {
  const borders = [0, ...at.map((place) => place % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
  return borders.slice(1).map((end, index) => bytes.slice(borders[index], end));
}

/** Decodes chunks and joins neighbouring pieces of one byte stream, so that how they were cut does not matter. */
function decode(chunks: readonly Uint8Array[]): Frame[] {
  const decoder = new FrameDecoder();
  const frames: Frame[] = [];
  for (const chunk of chunks) for (const frame of decoder.push(chunk)) frames.push(frame);
  expect(decoder.atBoundary).toBe(true);
  return join(frames);
}

function join(frames: readonly Frame[]): Frame[] {
  const joined: Frame[] = [];
  for (const { type, payload } of frames) {
    const last = joined.at(-1);
    const joins = last?.type === type && inPieces.has(type) && payload.length > 0 && last.payload.length > 0;
    if (joins) joined[joined.length - 1] = { type, payload: Buffer.concat([last.payload, payload]) };
    else joined.push({ type, payload: Buffer.from(payload) });
  }
  return joined;
}

test('what was encoded is decoded, however it is cut', () => {
  const frame = fc.record({ type: fc.constantFrom(...types), payload: fc.uint8Array({ maxLength: 300 }) });
  fc.assert(
    fc.property(fc.array(frame), fc.array(fc.nat(10_000)), (frames, cuts) => {
      const bytes = Buffer.concat(frames.map(({ type, payload }) => encodeFrame(type, payload)));
      expect(decode(cut(bytes, cuts))).toEqual(join(frames));
      expect(decode([...bytes].map((byte) => Uint8Array.of(byte)))).toEqual(join(frames));
    }),
    { seed },
  );
});

test('bytes from an enemy are frames or a FrameFormatError, and no more than was sent comes out', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 200 })), (chunks) => {
      const decoder = new FrameDecoder();
      let sent = 0;
      let delivered = 0;
      try {
        for (const chunk of chunks) {
          sent += chunk.length;
          for (const frame of decoder.push(chunk)) delivered += frame.payload.length;
        }
      } catch (error) {
        expect(error).toBeInstanceOf(FrameFormatError);
      }
      expect(delivered).toBeLessThanOrEqual(sent);
    }),
    { seed, numRuns: 1000 },
  );
});

test('the same for headers that are nearly right', () => {
  const header = fc.tuple(fc.nat(9), fc.nat(2), fc.nat(255), fc.nat(255), fc.nat(255));
  fc.assert(
    fc.property(fc.array(fc.tuple(header, fc.uint8Array({ maxLength: 50 }))), (parts) => {
      const decoder = new FrameDecoder();
      try {
        for (const [head, body] of parts) {
          for (const { type } of decoder.push(Uint8Array.of(...head, ...body))) expect(types).toContain(type);
        }
      } catch (error) {
        expect(error).toBeInstanceOf(FrameFormatError);
      }
    }),
    { seed },
  );
});

test('refuses an unknown type and a payload over the limit as soon as the header is there', () => {
  expect(() => [...new FrameDecoder().push(Uint8Array.of(8, 0, 0, 0, 0))]).toThrow(/unknown frame type 8/);
  const tooLong = new Uint8Array(FRAME_HEADER_BYTES);
  new DataView(tooLong.buffer).setUint32(1, MAX_FRAME_PAYLOAD_BYTES + 1);
  expect(() => [...new FrameDecoder().push(tooLong)]).toThrow(FrameFormatError);
  expect(() => encodeFrame('exit', new Uint8Array(MAX_FRAME_PAYLOAD_BYTES + 1))).toThrow(RangeError);
});

test('a frame of the greatest length passes', () => {
  const payload = new Uint8Array(MAX_FRAME_PAYLOAD_BYTES).fill(7);
  expect(decode(cut(encodeFrame('exit', payload), [10, 70_000, 70_001]))).toEqual([
    { type: 'exit', payload: Buffer.from(payload) },
  ]);
});

test('data is delivered before its frame is complete, control frames are not', () => {
  const decoder = new FrameDecoder();
  expect([...decoder.push(encodeFrame('stdout', Buffer.from('hello')).subarray(0, 7))]).toEqual([
    { type: 'stdout', payload: new Uint8Array(Buffer.from('he')) },
  ]);
  expect(decoder.atBoundary).toBe(false);
  expect([...decoder.push(Buffer.from('llo'))]).toMatchObject([{ type: 'stdout' }]);
  expect([...decoder.push(encodeFrame('exit', Buffer.from('{}')).subarray(0, 6))]).toEqual([]);
});

test('a payload that lies whole in a chunk is not copied', () => {
  const chunk = encodeFrame('exit', Buffer.from('{}'));
  const [frame] = new FrameDecoder().push(chunk);
  expect(frame?.payload.buffer).toBe(chunk.buffer);
});

test('JSON and credit payloads', () => {
  expect(decodeJson(encodeJson({ signal: 'INT', é: 1 }))).toEqual({ signal: 'INT', é: 1 });
  expect(() => decodeJson(Uint8Array.of(0x22, 0xff, 0x22))).toThrow(FrameFormatError);
  expect(() => decodeJson(new Uint8Array(0))).toThrow(FrameFormatError);
  for (const bytes of [0, 1, 65_536, 0xff_ff_ff_ff]) expect(decodeCredit(encodeCredit(bytes))).toBe(bytes);
  expect(() => decodeCredit(new Uint8Array(3))).toThrow(FrameFormatError);
});
