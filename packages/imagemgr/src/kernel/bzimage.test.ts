import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ImageError } from '../errors.ts';
import { bzImage } from './bzimage.fixture.ts';
import { findKernelPayload } from './bzimage.ts';

describe('findKernelPayload', () => {
  it.each([
    ['gzip', [0x1f, 0x8b, 8, 0]],
    ['xz', [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0]],
    ['zstd', [0x28, 0xb5, 0x2f, 0xfd]],
    ['lz4-legacy', [0x02, 0x21, 0x4c, 0x18]],
  ] as const)('knows %s by its magic and cuts the plain size off', (compression, magic) => {
    const packed = Buffer.from([...magic, 9, 9, 9, 9, 9]);
    const payload = Buffer.concat([packed, Buffer.from([0, 0, 0, 1])]);
    expect(findKernelPayload(bzImage(payload))).toEqual({ compression, data: packed });
  });

  it('takes an uncompressed kernel whole', () => {
    const elf = Buffer.concat([Buffer.from('\x7fELF', 'latin1'), Buffer.alloc(16, 7)]);
    expect(findKernelPayload(bzImage(elf))).toEqual({ compression: 'none', data: elf });
  });

  it('counts four setup sectors where the header says none', () => {
    const elf = Buffer.concat([Buffer.from('\x7fELF', 'latin1'), Buffer.alloc(16, 7)]);
    expect(findKernelPayload(bzImage(elf, { setupSectors: 0 })).data).toEqual(elf);
  });

  it.each([
    ['something else', Buffer.alloc(4096), /no bzImage/],
    ['an empty file', Buffer.alloc(0), /no bzImage/],
    ['an old protocol', bzImage(Buffer.alloc(64), { version: 0x206 }), /protocol older/],
    ['a file that is cut off', bzImage(Buffer.alloc(4096)).subarray(0, 3000), /cut off/],
    ['bzip2', bzImage(Buffer.from('BZh91AY&SY12345678')), /unknown compression \(it begins with 425a68393141\)/],
  ])('refuses %s', (_what, image, message) => {
    expect(() => findKernelPayload(image)).toThrow(message);
  });

  it('answers or throws an ImageError, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 96 }), fc.nat(2000), fc.nat(0xff), (noise, at, sectors) => {
        const image = bzImage(Buffer.from(noise), { setupSectors: sectors % 5 });
        image[at % image.length] = sectors;
        try {
          expect(findKernelPayload(image).data.length).toBeLessThanOrEqual(image.length);
        } catch (error) {
          expect(error).toBeInstanceOf(ImageError);
        }
      }),
      { seed: 7, numRuns: 500 },
    );
  });
});
