import { setTimeout as delay } from 'node:timers/promises';
import type { Handler } from '../arguments/spec.ts';
import { CliError, hasCode } from '../cli-error.ts';
import type { Context } from '../context.ts';
import { note, print, printJson } from '../context.ts';
import { connectDaemon, withClient } from '../daemon/connect.ts';

/** Closing waits for the operations that run to reach a point from which they can be taken up again. */
const STOP_TIMEOUT_MS = 60_000;
const FIRST_WAIT_MS = 10;
const LONGEST_WAIT_MS = 250;

/** `banger daemon stop` */
export const daemonStop: Handler = async (context) => {
  const pid = await askToStop(context);
  if (pid !== undefined) await untilGone(context);
  if (context.settings.json) printJson(context, { stopped: pid !== undefined, pid: pid ?? null });
  else print(context, pid === undefined ? 'No daemon runs.' : 'The daemon has stopped.');
  if (pid !== undefined) note(context, 'VMs go on running; a new daemon takes them over.');
  return 0;
};

async function askToStop(context: Context): Promise<number | undefined> {
  try {
    const { pid } = await withClient(context, (client) => client.call('daemon.stop', {}));
    return pid;
  } catch (error) {
    if (hasCode(error, 'daemon_unreachable')) return undefined;
    throw error;
  }
}

async function untilGone(context: Context): Promise<void> {
  const deadline = performance.now() + STOP_TIMEOUT_MS;
  for (let wait = FIRST_WAIT_MS; await isThere(context); wait = Math.min(wait * 2, LONGEST_WAIT_MS)) {
    if (performance.now() > deadline) {
      throw new CliError('timeout', `the daemon still answers ${STOP_TIMEOUT_MS / 1000} s after it was told to stop`, {
        remediation: 'See its log for what it waits for.',
      });
    }
    await delay(wait);
  }
}

async function isThere(context: Context): Promise<boolean> {
  try {
    const client = await connectDaemon(context);
    client.close();
    return true;
  } catch (error) {
    if (hasCode(error, 'daemon_unreachable')) return false;
    throw error;
  }
}
