/** A bzImage around a payload, as small as the format allows. For tests. */
export function bzImage(payload: Buffer, { setupSectors = 1, version = 0x20f } = {}): Buffer {
  const start = ((setupSectors || 4) + 1) * 512;
  const image = Buffer.alloc(start + 64 + payload.length);
  image.writeUInt8(setupSectors, 0x1f1);
  image.write('HdrS', 0x202, 'latin1');
  image.writeUInt16LE(version, 0x206);
  image.writeUInt32LE(64, 0x248);
  image.writeUInt32LE(payload.length, 0x24c);
  payload.copy(image, start + 64);
  return image;
}
