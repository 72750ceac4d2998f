export type { GuestCommandLine } from './guest-command-line.ts';
export { guestCommandLine, WORKDIR_EXIT_STATUS } from './guest-command-line.ts';
export { shellQuote } from './shell-quote.ts';
export { formatStepError } from './step-error.ts';
