import { closeSync, fstatSync, mkdirSync, openSync, readSync } from 'node:fs';
import { dirname } from 'node:path';
import { CliError } from '../cli-error.ts';

const TAIL_BYTES = 64 * 1024;

/** The file that a daemon writes its output to, opened for it. */
export class LogFile implements Disposable {
  readonly path: string;
  readonly descriptor: number;
  readonly #startOffset: number;

  /** @throws CliError `permission_denied` and others, when it cannot be written */
  constructor(path: string, isRoot: boolean) {
    this.path = path;
    try {
      makeFolder(dirname(path));
      this.descriptor = openSync(path, 'a', 0o600);
      this.#startOffset = fstatSync(this.descriptor).size;
    } catch (cause) {
      const { code, message } = cause as NodeJS.ErrnoException;
      const denied = code === 'EACCES' || code === 'EPERM' || code === 'EROFS';
      throw new CliError(denied ? 'permission_denied' : 'command_failed', `cannot write the log ${path}: ${message}`, {
        remediation:
          denied && !isRoot ? 'Run it with sudo, or name another file with --log.' : 'Name another with --log.',
        cause,
      });
    }
  }

  /** The last lines that were written since it was opened. */
  lastLines(count: number): string[] {
    const reader = openSync(this.path, 'r');
    try {
      const { size } = fstatSync(reader);
      const from = Math.max(this.#startOffset, size - TAIL_BYTES);
      const bytes = Buffer.alloc(Math.max(0, size - from));
      const length = readSync(reader, bytes, 0, bytes.length, from);
      const lines = bytes.toString('utf8', 0, length).split('\n');
      return lines
        .filter((line) => line.trim() !== '')
        .slice(-count)
        .map(readable);
    } finally {
      closeSync(reader);
    }
  }

  [Symbol.dispose](): void {
    closeSync(this.descriptor);
  }
}

/** Not mkdir's own `recursive`: that never returns below /proc. */
function makeFolder(path: string): void {
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return;
    if (code !== 'ENOENT' || dirname(path) === path) throw error;
    makeFolder(dirname(path));
    mkdirSync(path, { mode: 0o700 });
  }
}

/** The daemon logs JSON where no terminal is; people want the message. */
function readable(line: string): string {
  try {
    const entry: unknown = JSON.parse(line);
    if (typeof entry !== 'object' || entry === null || !('msg' in entry)) return line;
    const cause = 'err' in entry ? (entry.err as { message?: unknown } | null)?.message : undefined;
    return typeof cause === 'string' && cause !== entry.msg ? `${String(entry.msg)}: ${cause}` : String(entry.msg);
  } catch {
    return line;
  }
}
