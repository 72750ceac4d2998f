import type { Config } from '../config.ts';
import { BangerError } from '../errors.ts';

export type DiskKind = 'reflink' | 'qcow2' | 'copy';

/** What there is to choose from. */
export interface DiskFacts {
  /** The state directory's file system shares blocks between files. */
  readonly reflink: boolean;
  /** The VMM reads qcow2. */
  readonly vmmReadsQcow2: boolean;
  readonly qemuImg: boolean;
}

export interface DiskSelection {
  readonly kind: DiskKind;
  readonly reason: string;
  /** What would make it faster; null when nothing would. */
  readonly faster: string | null;
}

const wanting = {
  reflink: 'the file system of the state directory cannot share blocks between files; xfs and btrfs can',
  qcow2: 'it needs the program qemu-img (package qemu-utils) and a VMM that reads qcow2',
} as const;

/**
 * Which disk backend new VMs get.
 * @throws BangerError prerequisite_missing when the configured one cannot work here
 */
export function selectDisk(wanted: Config['disk'], facts: DiskFacts): DiskSelection {
  const possible = { reflink: facts.reflink, qcow2: facts.vmmReadsQcow2 && facts.qemuImg, copy: true };
  if (wanted !== 'auto') {
    if (possible[wanted]) return { kind: wanted, reason: 'the configuration says so', faster: fasterThan(wanted) };
    const why = wanted === 'copy' ? '' : wanting[wanted];
    throw new BangerError('prerequisite_missing', `disk = "${wanted}" cannot work on this host: ${why}`, {
      remediation: 'Set `disk = "auto"`, or provide what is missing.',
    });
  }
  if (possible.reflink) return { kind: 'reflink', reason: 'the file system shares blocks between files', faster: null };
  if (possible.qcow2)
    return { kind: 'qcow2', reason: 'the file system has no reflinks, and QEMU reads overlays', faster: null };
  return {
    kind: 'copy',
    reason: `there are no reflinks (${wanting.reflink}) and no overlays (${wanting.qcow2})`,
    faster: fasterThan('copy'),
  };
}

function fasterThan(kind: DiskKind): string | null {
  return kind === 'copy'
    ? 'A state directory on xfs or btrfs, or qemu-utils: a copy takes time and space each time.'
    : null;
}
