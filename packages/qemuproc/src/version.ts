import type { Runner } from '@banger/system';
import { QemuError } from './errors.ts';

export interface QemuVersion {
  readonly major: number;
  readonly minor: number;
  /** As printed: `7.2.22`. */
  readonly text: string;
}

/**
 * Asks a QEMU for its version.
 * @throws QemuError `qemu_missing` when there is no such program; the Runner's error when it fails.
 */
export async function probeQemu(runner: Runner, qemuPath: string, signal?: AbortSignal): Promise<QemuVersion> {
  const options = { timeoutMs: 10_000, ...(signal === undefined ? {} : { signal }) };
  try {
    return parseQemuVersion((await runner.run([qemuPath, '--version'], options)).stdout);
  } catch (error) {
    const notFound = error instanceof Error && 'notFound' in error && error.notFound === true;
    throw notFound ? new QemuError('qemu_missing', `${qemuPath} is not installed`, { cause: error }) : error;
  }
}

/** @throws QemuError `qemu_missing` when it is the output of something else. */
export function parseQemuVersion(output: string): QemuVersion {
  const [, text, major, minor] = /QEMU emulator version ((\d+)\.(\d+)[\d.]*)/.exec(output) ?? [];
  if (text === undefined) {
    throw new QemuError('qemu_missing', `this is not QEMU; it calls itself ${JSON.stringify(output.slice(0, 100))}`);
  }
  return { major: Number(major), minor: Number(minor), text };
}

/**
 * The CPU for TCG. Before QEMU 8.0 `cmpxchg16b` leaves garbage in EFLAGS, and a guest that is interrupted just then
 * crashes (seen with Linux 6.12: one boot in twenty); without cx16 Linux does without the instruction.
 * The price: user spaces built for x86-64-v2 do not start on such a QEMU.
 */
export function tcgCpuModel({ major }: Pick<QemuVersion, 'major'>): string {
  return major < 8 ? 'max,-cx16' : 'max';
}
