/**
 * What most invocations do without, in one chunk of the bundle: every file more costs half a millisecond at start, and
 * code in a chunk that is not loaded costs nothing.
 */
export { renderHelp, usageLine } from './arguments/help.ts';
export { daemonRun } from './commands/daemon-run.ts';
export { daemonStart } from './commands/daemon-start.ts';
export { daemonStop } from './commands/daemon-stop.ts';
export { doctor } from './commands/doctor.ts';
export { imageDelete } from './commands/image-delete.ts';
export { imagePull } from './commands/image-pull.ts';
export { vmChange } from './commands/vm-change.ts';
export { vmCreate } from './commands/vm-create.ts';
export { vmExec } from './commands/vm-exec.ts';
export { vmRun } from './commands/vm-run.ts';
export { reportError, statusOf } from './output/report-error.ts';
