import { constants } from 'node:os';
import type { ErrorClass, ErrorCode } from '@banger/api-types/client';
import { errorCodes } from '@banger/api-types/client';
import { FINDINGS_STATUS } from './fixed-status.ts';

/** One exit status per class of error, for every command but `vm run` and `vm exec`. */
export const exitStatuses: Readonly<Record<ErrorClass, number>> = {
  usage: 2,
  not_found: 3,
  conflict: 4,
  unavailable: 5,
  host: 6,
  internal: 70,
  cancelled: 130,
};

/** The exit status of a code; one that this version does not know counts as a defect. */
export function statusOfCode(code: ErrorCode): number {
  return exitStatuses[errorCodes[code]?.class ?? 'internal'];
}

/**
 * The status with which a shell reports that a signal ended a program: 128 and the signal's number.
 * @param signal a name with or without SIG; one that this host does not know counts as 255
 */
export function statusOfSignal(signal: string): number {
  const numbers: Readonly<Record<string, number>> = constants.signals;
  const number = numbers[signal.startsWith('SIG') ? signal : `SIG${signal}`];
  return number === undefined ? 255 : 128 + number;
}

/** Of several operands: the status that all failures share, or the one for a mixture. */
export function overallStatus(statuses: readonly number[]): number {
  const failures = new Set(statuses.filter((status) => status !== 0));
  const [first = 0] = failures;
  return failures.size > 1 ? FINDINGS_STATUS : first;
}
