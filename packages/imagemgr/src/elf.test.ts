import fc from 'fast-check';
import { expect, it } from 'vitest';
import { isElf, isStaticExecutable } from './elf.ts';

/** A 64-bit ELF header with one program header of this type. */
function elf(segmentType: number): Buffer {
  const data = Buffer.alloc(64 + 56);
  data.write('\x7fELF', 'latin1');
  data.set([2, 1, 1], 4);
  data.writeBigUInt64LE(64n, 32);
  data.writeUInt16LE(56, 54);
  data.writeUInt16LE(1, 56);
  data.writeUInt32LE(segmentType, 64);
  return data;
}

it('tells a static program from one that asks for an interpreter', () => {
  expect(isStaticExecutable(elf(1))).toBe(true);
  expect(isStaticExecutable(elf(3))).toBe(false);
  expect(isStaticExecutable(Buffer.from('#!/bin/sh\n'))).toBe(false);
  expect(isElf(elf(1))).toBe(true);
});

it('never throws, whatever the bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.boolean(), (bytes, headed) => {
      const data = headed ? Buffer.concat([elf(1).subarray(0, 6), bytes]) : Buffer.from(bytes);
      expect(typeof isStaticExecutable(data)).toBe('boolean');
    }),
    { seed: 3 },
  );
});
