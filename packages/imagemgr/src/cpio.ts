/** One member of an archive. Paths are relative, without a leading slash; parents come before what they hold. */
export type CpioEntry =
  | { readonly type: 'directory'; readonly path: string; readonly mode?: number }
  | { readonly type: 'file'; readonly path: string; readonly mode: number; readonly data: Uint8Array }
  | { readonly type: 'symlink'; readonly path: string; readonly target: string }
  | {
      readonly type: 'character-device';
      readonly path: string;
      readonly mode: number;
      readonly major: number;
      readonly minor: number;
    };

// File types of stat(2).
const S_IFDIR = 0o040000;
const S_IFREG = 0o100000;
const S_IFLNK = 0o120000;
const S_IFCHR = 0o020000;
const BLOCK = 512;

/**
 * A newc archive, the form of an initramfs: Linux' Documentation/driver-api/early-userspace/buffer-format.rst.
 * Owner root, times 0: the same entries give the same bytes.
 */
export function cpioArchive(entries: readonly CpioEntry[]): Buffer {
  const parts = entries.flatMap((entry, index) => member(entry, index + 1));
  parts.push(...header({ path: 'TRAILER!!!', inode: 0, mode: 0, size: 0 }));
  const size = parts.reduce((sum, part) => sum + part.length, 0);
  parts.push(Buffer.alloc(padding(size, BLOCK)));
  return Buffer.concat(parts);
}

function member(entry: CpioEntry, inode: number): Uint8Array[] {
  switch (entry.type) {
    case 'directory':
      return header({ path: entry.path, inode, mode: S_IFDIR | (entry.mode ?? 0o755), size: 0 });
    case 'file':
      return withData({ path: entry.path, inode, mode: S_IFREG | entry.mode }, entry.data);
    case 'symlink':
      return withData({ path: entry.path, inode, mode: S_IFLNK | 0o777 }, Buffer.from(entry.target));
    case 'character-device':
      return header({ ...entry, inode, mode: S_IFCHR | entry.mode, size: 0 });
  }
}

function withData(fields: { path: string; inode: number; mode: number }, data: Uint8Array): Uint8Array[] {
  return [...header({ ...fields, size: data.length }), data, Buffer.alloc(padding(data.length, 4))];
}

interface HeaderFields {
  readonly path: string;
  readonly inode: number;
  readonly mode: number;
  readonly size: number;
  readonly major?: number;
  readonly minor?: number;
}

function header({ path, inode, mode, size, major = 0, minor = 0 }: HeaderFields): Uint8Array[] {
  const name = Buffer.from(`${path}\0`);
  const links = (mode & S_IFDIR) === S_IFDIR ? 2 : 1;
  // inode, mode, uid, gid, links, mtime, size, device of the file (2), device it is (2), name size, checksum (unused)
  const numbers = [inode, mode, 0, 0, links, 0, size, 0, 0, major, minor, name.length, 0];
  const text = Buffer.from(`070701${numbers.map((number) => number.toString(16).padStart(8, '0')).join('')}`);
  return [text, name, Buffer.alloc(padding(text.length + name.length, 4))];
}

function padding(length: number, multiple: number): number {
  return (multiple - (length % multiple)) % multiple;
}
