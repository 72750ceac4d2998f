import { access, readFile } from 'node:fs/promises';
import type { Argv, Runner } from '@banger/system';

/** What the host says about its time stamp counter. */
export interface TscFacts {
  /** Kernel logs, best first; each may be cut off at its start. */
  readonly kernelLogs: readonly string[];
  /** /proc/cpuinfo */
  readonly cpuinfo: string;
  /** The host changes its CPUs' frequency, so `cpu MHz` is not that of the counter. */
  readonly scalesFrequency: boolean;
}

const SOURCES: readonly Argv[] = [['dmesg'], ['journalctl', '--dmesg', '--boot', '--output=cat', '--no-pager']];

/**
 * Frequency of the host's time stamp counter in kHz, for the guest's `tsc_early_khz=`: under TCG the guest's counter is
 * the host's, and a kernel that has to measure it fails at random and then spins for ever.
 * Undefined where the host does not say.
 */
export async function hostTscKhz(runner: Runner, signal?: AbortSignal): Promise<number | undefined> {
  const cpuinfo = await readFile('/proc/cpuinfo', 'utf8');
  const scalesFrequency = await access('/sys/devices/system/cpu/cpu0/cpufreq').then(
    () => true,
    () => false,
  );
  for (const argv of SOURCES) {
    const log = await kernelLog(runner, argv, signal);
    const khz = parseTscKhz({ kernelLogs: [log], cpuinfo: '', scalesFrequency });
    if (khz !== undefined) return khz;
  }
  return parseTscKhz({ kernelLogs: [], cpuinfo, scalesFrequency });
}

/** A measured value is better than one that was looked up, and that better than the CPU's current frequency. */
export function parseTscKhz({ kernelLogs, cpuinfo, scalesFrequency }: TscFacts): number | undefined {
  for (const log of kernelLogs) {
    for (const pattern of [
      /tsc: Refined TSC clocksource calibration: (\d+\.\d+) MHz/,
      /tsc: Detected (\d+\.\d+) MHz TSC/,
      /tsc: Detected (\d+\.\d+) MHz processor/,
    ]) {
      const khz = toKhz(pattern.exec(log)?.[1]);
      if (khz !== undefined) return khz;
    }
  }
  return scalesFrequency ? undefined : toKhz(/^cpu MHz\s*:\s*(\d+\.\d+)$/m.exec(cpuinfo)?.[1]);
}

function toKhz(mhz: string | undefined): number | undefined {
  const khz = Math.round(Number(mhz) * 1000);
  return khz >= 500_000 && khz <= 10_000_000 ? khz : undefined;
}

/** A host without the program or the right to read its log is no reason to fail. */
async function kernelLog(runner: Runner, argv: Argv, signal: AbortSignal | undefined): Promise<string> {
  try {
    const options = { timeoutMs: 5000, maxOutputBytes: 64 * 1024 * 1024, privileged: true };
    return (await runner.run(argv, signal === undefined ? options : { ...options, signal })).stdout;
  } catch {
    signal?.throwIfAborted();
    return '';
  }
}
