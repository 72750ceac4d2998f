import type { Config } from '../config.ts';
import { BangerError } from '../errors.ts';

export type DiskKind = 'reflink' | 'qcow2' | 'copy';

/** What there is to choose from. */
export interface DiskFacts {
  /** The state directory's file system shares blocks between files. */
  readonly reflink: boolean;
  /** The VMM reads qcow2. */
  readonly vmmReadsQcow2: boolean;
}

export interface DiskSelection {
  readonly kind: DiskKind;
  readonly reason: string;
  /** What would make it faster; null when nothing would. */
  readonly faster: string | null;
}

const wanting = {
  reflink: 'the file system of the state directory cannot share blocks between files; xfs and btrfs can',
  qcow2: 'the VMM does not read qcow2',
} as const;

/**
 * Which disk backend new VMs get: the one with the fastest clones and reads that works here. Pure.
 * @throws BangerError prerequisite_missing when the configured one cannot work here
 */
export function selectDisk(wanted: Config['disk'], { reflink, vmmReadsQcow2 }: DiskFacts): DiskSelection {
  const possible = { reflink, qcow2: vmmReadsQcow2, copy: true };
  if (wanted !== 'auto') {
    if (possible[wanted]) return { kind: wanted, reason: 'the configuration says so', faster: fasterThan(wanted) };
    const why = wanted === 'copy' ? '' : wanting[wanted];
    throw new BangerError('prerequisite_missing', `disk = "${wanted}" cannot work on this host: ${why}`, {
      remediation: 'Set `disk = "auto"`, or provide what is missing.',
    });
  }
  if (reflink) return { kind: 'reflink', reason: 'the file system shares blocks between files', faster: null };
  if (vmmReadsQcow2) {
    return { kind: 'qcow2', reason: 'the file system has no reflinks, and the VMM reads overlays', faster: null };
  }
  return { kind: 'copy', reason: `${wanting.reflink}, and ${wanting.qcow2}`, faster: fasterThan('copy') };
}

function fasterThan(kind: DiskKind): string | null {
  return kind === 'copy' ? 'A state directory on xfs or btrfs: a copy takes time and space each time.' : null;
}
