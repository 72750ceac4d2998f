/** `doctor` found an error, or several operands failed for different reasons. */
export const FINDINGS_STATUS = 1;

/** banger itself failed in `vm run` or `vm exec`, whose other statuses belong to the command in the VM. */
export const OWN_FAILURE_STATUS = 125;
