import fc from 'fast-check';
import { expect, test } from 'vitest';
import { QemuError } from '../errors.ts';
import { QmpDecoder } from './decoder.ts';

const GREETING =
  '{"QMP": {"version": {"qemu": {"micro": 22, "minor": 2, "major": 7}, "package": "Debian 1:7.2+dfsg-7+deb12u18+b3"}, "capabilities": ["oob"]}}\r\n';
const STREAM = `${GREETING}{"return": {}, "id": 1}\r\n{"error": {"class": "CommandNotFound", "desc": "The command näh has not been found"}, "id": 2}\r\n{"timestamp": {"seconds": 1795373713, "microseconds": 369108}, "event": "SHUTDOWN", "data": {"guest": false, "reason": "host-qmp-quit"}}\r\n`;
const MESSAGES = [
  { kind: 'greeting', version: '7.2.22' },
  { kind: 'return', id: 1, value: {} },
  { kind: 'error', id: 2, errorClass: 'CommandNotFound', description: 'The command näh has not been found' },
  { kind: 'event', name: 'SHUTDOWN', data: { guest: false, reason: 'host-qmp-quit' } },
];

test('the same messages however the bytes are cut', () => {
  const bytes = Buffer.from(STREAM);
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: bytes.length })), (cuts) => {
      const decoder = new QmpDecoder();
      const edges = [0, ...cuts.toSorted((a, b) => a - b), bytes.length];
      const messages = edges.flatMap((edge, index) => decoder.push(bytes.subarray(edge, edges[index + 1] ?? edge)));
      expect(messages).toEqual(MESSAGES);
    }),
    { seed: 7 },
  );
});

test('whatever else comes is a protocol error and nothing worse', () => {
  const junk = fc.oneof(
    fc.string(),
    fc.json(),
    fc.json().map((text) => `{"QMP":${text}}`),
    fc.json().map((text) => `{"error":${text}}`),
  );
  fc.assert(
    fc.property(fc.array(junk), fc.uint8Array(), (lines, bytes) => {
      const decoder = new QmpDecoder(200);
      try {
        decoder.push(Buffer.from(lines.join('\n')));
        decoder.push(bytes);
      } catch (error) {
        expect(error).toBeInstanceOf(QemuError);
        expect(error).toHaveProperty('code', 'qmp_protocol');
      }
    }),
    { seed: 8, numRuns: 500 },
  );
});

test.each([['x'.repeat(101)], [`${'x'.repeat(101)}\n`]])('a line has a limit', (text) => {
  expect(() => new QmpDecoder(100).push(Buffer.from(text))).toThrow(/more than 100 characters/);
});

test('an event without data and an answer without id are fine', () => {
  expect(new QmpDecoder().push(Buffer.from('{"event":"STOP"}\n\n{"return":[]}\n'))).toEqual([
    { kind: 'event', name: 'STOP', data: {} },
    { kind: 'return', id: undefined, value: [] },
  ]);
});
