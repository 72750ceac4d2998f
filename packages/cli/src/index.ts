export { exitStatuses, statusOfSignal } from './exit-status.ts';
export { FINDINGS_STATUS, OWN_FAILURE_STATUS } from './fixed-status.ts';
