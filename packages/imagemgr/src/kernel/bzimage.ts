import { isElf } from '../elf.ts';
import { ImageError } from '../errors.ts';

export type KernelCompression = 'gzip' | 'xz' | 'zstd' | 'lz4-legacy' | 'none';

/** The compressed kernel inside a bzImage. */
export interface KernelPayload {
  readonly compression: KernelCompression;
  /** Without the four bytes of plain size that the kernel's build appends to compressed payloads. */
  readonly data: Buffer;
}

const magics: readonly { readonly compression: KernelCompression; readonly bytes: readonly number[] }[] = [
  { compression: 'gzip', bytes: [0x1f, 0x8b] },
  { compression: 'xz', bytes: [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00] },
  { compression: 'zstd', bytes: [0x28, 0xb5, 0x2f, 0xfd] },
  { compression: 'lz4-legacy', bytes: [0x02, 0x21, 0x4c, 0x18] },
];

// Offsets of Linux' Documentation/arch/x86/boot.rst, "Details of Header Fields".
const SETUP_SECTS = 0x1f1;
const HEADER_MAGIC = 0x202;
const VERSION = 0x206;
const PAYLOAD_OFFSET = 0x248;
const PAYLOAD_LENGTH = 0x24c;
const HEADER_END = 0x250;
const SECTOR = 512;

/**
 * Finds the payload of a bzImage by its setup header.
 * @throws ImageError `kernel_unsupported` when it is no bzImage, is older than protocol 2.08, or is cut off
 */
export function findKernelPayload(image: Buffer): KernelPayload {
  if (image.length < HEADER_END || image.toString('latin1', HEADER_MAGIC, HEADER_MAGIC + 4) !== 'HdrS') {
    throw unsupported('is no bzImage (it has no setup header)');
  }
  if (image.readUInt16LE(VERSION) < 0x208) throw unsupported('has a boot protocol older than 2.08');
  // 0 means 4, for reasons of history.
  const setupSectors = image.readUInt8(SETUP_SECTS) || 4;
  const start = (setupSectors + 1) * SECTOR + image.readUInt32LE(PAYLOAD_OFFSET);
  const length = image.readUInt32LE(PAYLOAD_LENGTH);
  if (length < 8 || start + length > image.length) throw unsupported('is cut off: its payload reaches beyond its end');
  const payload = image.subarray(start, start + length);
  if (isElf(payload)) return { compression: 'none', data: payload };
  const found = magics.find(({ bytes }) => bytes.every((byte, index) => payload[index] === byte));
  if (!found) {
    const beginning = payload.toString('hex', 0, 6);
    throw unsupported(`has a payload of unknown compression (it begins with ${beginning})`);
  }
  return { compression: found.compression, data: payload.subarray(0, -4) };
}

function unsupported(why: string): ImageError {
  return new ImageError('kernel_unsupported', `the kernel image ${why}`, {
    remediation: 'Use a kernel of the distribution, compressed with gzip, xz, zstd or lz4.',
  });
}
