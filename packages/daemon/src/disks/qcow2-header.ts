/** A piece of a file. */
export interface Extent {
  readonly offset: number;
  readonly bytes: Uint8Array;
}

export interface Qcow2Layout {
  /** What is not zero. */
  readonly extents: readonly Extent[];
  readonly fileBytes: number;
}

// 128 KiB clusters of 32 subclusters: a first write to 4 KiB copies 4 KiB from the origin, not a whole cluster
// (4 times as fast as the usual layout in a test with scattered writes).
const CLUSTER_BITS = 17;
const CLUSTER = 2 ** CLUSTER_BITS;
const L2_ENTRY_BYTES = 16;
const BYTES_PER_L1_ENTRY = (CLUSTER / L2_ENTRY_BYTES) * CLUSTER;
const MAX_SIZE = (CLUSTER / 8) * BYTES_PER_L1_ENTRY;
const SECTOR = 512;
const HEADER_BYTES = 104;
const EXTENDED_L2 = 1n << 4n;
const BACKING_FORMAT = 0xe2792aca;
/** In the format's definition. */
const MAX_BACKING_NAME = 1023;

const REFCOUNT_TABLE = CLUSTER;
const REFCOUNT_BLOCK = 2 * CLUSTER;
const L1_TABLE = 3 * CLUSTER;

/**
 * An empty qcow2 overlay over a raw origin: what `qemu-img create -b` writes, without the 30 ms of its start.
 * Four clusters: header, refcount table, refcount block, L1 table. See QEMU's docs/interop/qcow2.
 * @throws RangeError when the size or the path does not fit into the format.
 */
export function qcow2Overlay(originPath: string, sizeBytes: number): Qcow2Layout {
  const name = Buffer.from(originPath);
  if (name.length > MAX_BACKING_NAME)
    throw new RangeError(`the path of the origin has more than ${MAX_BACKING_NAME} bytes`);
  if (!(sizeBytes > 0 && sizeBytes <= MAX_SIZE))
    throw new RangeError(`${sizeBytes} bytes are no size for a qcow2 disk`);
  return {
    extents: [
      { offset: 0, bytes: header(name, Math.ceil(sizeBytes / SECTOR) * SECTOR) },
      { offset: REFCOUNT_TABLE, bytes: bigEndian64(REFCOUNT_BLOCK) },
      // 16 bits each: one reference to each of the four clusters.
      { offset: REFCOUNT_BLOCK, bytes: Uint8Array.of(0, 1, 0, 1, 0, 1, 0, 1) },
    ],
    fileBytes: L1_TABLE + CLUSTER,
  };
}

function header(backingName: Buffer, sizeBytes: number): Buffer {
  const extensions = Buffer.alloc(24);
  extensions.writeUInt32BE(BACKING_FORMAT, 0);
  extensions.writeUInt32BE(3, 4);
  extensions.write('raw', 8); // the other 8 bytes say that no extension follows
  const fixed = Buffer.alloc(HEADER_BYTES);
  fixed.write('QFI\xfb', 0, 'latin1');
  fixed.writeUInt32BE(3, 4); // version
  fixed.writeBigUInt64BE(BigInt(HEADER_BYTES + extensions.length), 8);
  fixed.writeUInt32BE(backingName.length, 16);
  fixed.writeUInt32BE(CLUSTER_BITS, 20);
  fixed.writeBigUInt64BE(BigInt(sizeBytes), 24);
  fixed.writeUInt32BE(Math.ceil(sizeBytes / BYTES_PER_L1_ENTRY), 36);
  fixed.writeBigUInt64BE(BigInt(L1_TABLE), 40);
  fixed.writeBigUInt64BE(BigInt(REFCOUNT_TABLE), 48);
  fixed.writeUInt32BE(1, 56); // clusters of the refcount table
  fixed.writeBigUInt64BE(EXTENDED_L2, 72);
  fixed.writeUInt32BE(4, 96); // refcounts of 2^4 bits
  fixed.writeUInt32BE(HEADER_BYTES, 100);
  return Buffer.concat([fixed, extensions, backingName]);
}

function bigEndian64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(value));
  return bytes;
}
