const PT_INTERP = 3;

/** Whether the bytes begin like an ELF file. */
export function isElf(data: Uint8Array): boolean {
  return data.length >= 4 && data[0] === 0x7f && data[1] === 0x45 && data[2] === 0x4c && data[3] === 0x46;
}

/** A 64-bit little-endian ELF program that asks for no interpreter, so that it runs where no library is. */
export function isStaticExecutable(data: Buffer): boolean {
  if (!isElf(data) || data.length < 64 || data[4] !== 2 || data[5] !== 1) return false;
  const offset = Number(data.readBigUInt64LE(32));
  const size = data.readUInt16LE(54);
  const count = data.readUInt16LE(56);
  if (count === 0 || size < 56 || offset + size * count > data.length) return false;
  for (let index = 0; index < count; index += 1) {
    if (data.readUInt32LE(offset + size * index) === PT_INTERP) return false;
  }
  return true;
}
