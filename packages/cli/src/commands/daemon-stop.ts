import { setTimeout as delay } from 'node:timers/promises';
import type { Handler } from '../arguments/spec.ts';
import { CliError, hasCode } from '../cli-error.ts';
import type { Context } from '../context.ts';
import { note, print, printJson } from '../context.ts';
import { withClient } from '../daemon/connect.ts';

/** Closing waits for the operations that run to be undone. */
const STOP_TIMEOUT_MS = 60_000;
const FIRST_WAIT_MS = 10;
const LONGEST_WAIT_MS = 250;

/** `banger daemon stop` */
export const daemonStop: Handler = async (context) => {
  const stopping = await askToStop(context);
  if (stopping !== undefined) await untilGone(stopping.pid);
  if (context.settings.json) printJson(context, { stopped: stopping !== undefined, pid: stopping?.pid ?? null });
  else print(context, stopping === undefined ? 'No daemon runs.' : 'The daemon has stopped.');
  if (stopping !== undefined && stopping.runningVms > 0) note(context, goesOn(stopping.runningVms));
  return 0;
};

interface Stopping {
  readonly pid: number;
  readonly runningVms: number;
}

async function askToStop(context: Context): Promise<Stopping | undefined> {
  try {
    return await withClient(context, async (client) => {
      const { vms } = await client.call('daemon.status', {});
      const { pid } = await client.call('daemon.stop', {});
      return { pid, runningVms: vms.running };
    });
  } catch (error) {
    if (hasCode(error, 'daemon_unreachable')) return undefined;
    throw error;
  }
}

function goesOn(runningVms: number): string {
  const who = runningVms === 1 ? 'One VM goes' : `${runningVms} VMs go`;
  return `${who} on running; the next daemon takes over.`;
}

/** The socket goes first: only with the process are bridge and state directory free for the next daemon. */
async function untilGone(pid: number): Promise<void> {
  const deadline = performance.now() + STOP_TIMEOUT_MS;
  for (let wait = FIRST_WAIT_MS; isAlive(pid); wait = Math.min(wait * 2, LONGEST_WAIT_MS)) {
    if (performance.now() > deadline) {
      const message = `the daemon (process ${pid}) still runs ${STOP_TIMEOUT_MS / 1000} s after it was told to stop`;
      throw new CliError('timeout', message, { remediation: 'See its log for what it waits for.' });
    }
    await delay(wait);
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // It is there, but another user's: members of the daemon's group may stop it too.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
