import type { QemuErrorCode } from './errors.ts';

export interface LaunchFailure {
  readonly code: QemuErrorCode;
  /** The line that says why, without QEMU's name in front. */
  readonly reason: string;
}

/** In order: the first that fits wins. Wording of QEMU 7.2 to 10.0; fixtures are in the test beside. */
const causes: readonly { readonly pattern: RegExp; readonly code: QemuErrorCode }[] = [
  { pattern: /\/dev\/net\/tun.*Device or resource busy/, code: 'tap_busy' },
  { pattern: /\/dev\/net\/tun|could not configure .*tun/, code: 'tap_unusable' },
  { pattern: /Failed to get "?(?:shared )?"?(?:write|consistent read|resize)"? lock/, code: 'file_locked' },
  {
    pattern: /Could not access KVM|failed to initialize kvm|failed to set MSR|CPU model 'host' requires KVM/i,
    code: 'kvm_unusable',
  },
  { pattern: /cannot set up guest memory|Cannot allocate memory/, code: 'out_of_memory' },
  {
    pattern:
      /Could not open|Image is not in \S+ format|could not open kernel file|error reading initrd|could not load kernel|Invalid ELF|No such file or directory/i,
    code: 'file_unusable',
  },
];

/** What the log of a QEMU that ended during its start says. One place, as QEMU has no exit codes for it. */
export function explainLaunchFailure(log: string): LaunchFailure {
  const lines = log
    .split('\n')
    .map((line) => line.replace(/^\S*qemu\S*:\s*/, '').trim())
    .filter((line) => line !== '' && !line.startsWith('warning:'));
  for (const { pattern, code } of causes) {
    const reason = lines.find((line) => pattern.test(line));
    if (reason !== undefined) return { code, reason };
  }
  return { code: 'start_failed', reason: lines.at(-1) ?? 'QEMU said nothing' };
}
