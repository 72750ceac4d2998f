import { expect, test } from 'vitest';
import { qcow2Overlay } from './qcow2-header.ts';

const GIB = 2 ** 30;

test('the header, field by field', () => {
  const { extents, fileBytes } = qcow2Overlay('/images/debian, 13.ext4', 10 * GIB);
  const header = Buffer.from(extents[0]?.bytes ?? []);
  expect(header.subarray(0, 8).toString('hex')).toBe('514649fb00000003');
  const [nameOffset, nameLength] = [Number(header.readBigUInt64BE(8)), header.readUInt32BE(16)];
  expect(header.subarray(nameOffset, nameOffset + nameLength).toString()).toBe('/images/debian, 13.ext4');
  expect(header.readUInt32BE(20)).toBe(17);
  expect(header.readBigUInt64BE(24)).toBe(BigInt(10 * GIB));
  expect(header.readUInt32BE(36)).toBe(10); // one entry of the L1 table per GiB
  expect(header.readBigUInt64BE(72)).toBe(16n); // subclusters
  expect(header.subarray(104, 115).toString('latin1')).toBe('\xe2\x79\x2a\xca\0\0\0\x03raw');
  expect(extents.map(({ offset }) => offset)).toEqual([0, 131072, 262144]);
  expect(Buffer.from(extents[2]?.bytes ?? []).toString('hex')).toBe('0001'.repeat(4)); // one reference per cluster
  expect(fileBytes).toBe(524288);
});

test.each([
  [1, 512n, 1],
  [GIB + 1, BigInt(GIB + 512), 2],
  [16_384 * GIB, BigInt(16_384 * GIB), 16_384],
])('%i bytes', (sizeBytes, size, l1Entries) => {
  const header = Buffer.from(qcow2Overlay('/x', sizeBytes).extents[0]?.bytes ?? []);
  expect(header.readBigUInt64BE(24)).toBe(size);
  expect(header.readUInt32BE(36)).toBe(l1Entries);
});

test('what does not fit is refused', () => {
  expect(() => qcow2Overlay('/x', 16_384 * GIB + 1)).toThrow(RangeError);
  expect(() => qcow2Overlay('/x', 0)).toThrow(RangeError);
  expect(() => qcow2Overlay('/x', Number.NaN)).toThrow(RangeError);
  expect(() => qcow2Overlay(`/${'x'.repeat(1023)}`, GIB)).toThrow(/1023 bytes/);
});
