import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const PROGRAM = fileURLToPath(new URL('program.ts', import.meta.url));

/**
 * Puts a stand-in for QEMU into a directory and returns its path, for `qemu_path` and the like. Machines that it runs
 * are real processes that start in a tenth of a second, can be killed, found and adopted, and have no guest; see
 * program.ts for what they can be asked to do.
 */
export async function makeFakeQemu(directory: string): Promise<string> {
  const path = join(directory, 'qemu-system-x86_64');
  await writeFile(path, `#!/bin/sh\nexec ${quote(process.execPath)} ${quote(PROGRAM)} "$@"\n`, { mode: 0o755 });
  return path;
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
