import { readFileSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import type { Clock } from './clock.ts';
import type { ProcessIdentity } from './identity.ts';
import { poll } from './poll.ts';
import type { ProcStat } from './proc-stat.ts';
import { parseProcStat } from './proc-stat.ts';

/**
 * Identity of a live process; undefined where there is none (a zombie counts as none).
 * Synchronous, so that nothing can happen between a check and the act that follows it.
 */
export function readIdentity(pid: number): ProcessIdentity | undefined {
  const stat = readStat(pid);
  return stat === undefined || stat.dead ? undefined : identityOf(pid, stat);
}

/** For a child right after its spawn: it may have ended already, but cannot have been reaped. */
export function readChildIdentity(pid: number): ProcessIdentity | undefined {
  const stat = readStat(pid);
  return stat === undefined ? undefined : identityOf(pid, stat);
}

/** Whether this very process still lives. */
export function sameProcess(identity: ProcessIdentity): boolean {
  const stat = readStat(identity.pid);
  if (stat === undefined || stat.dead) return false;
  return stat.startTimeTicks === identity.startTimeTicks && readBootId() === identity.bootId;
}

/**
 * Signals this very process; false when it is gone.
 * The identity is checked right before the kill, without giving up the thread in between.
 * @throws Error with `code` EPERM when we may not signal it.
 */
export function signalProcess(identity: ProcessIdentity, signal: NodeJS.Signals): boolean {
  if (!sameProcess(identity)) return false;
  try {
    return process.kill(identity.pid, signal);
  } catch (error) {
    if (errorCode(error) === 'ESRCH') return false;
    throw error;
  }
}

export interface WaitForExitOptions {
  readonly signal?: AbortSignal;
  /** Milliseconds; for ever unless told. */
  readonly deadlineMs?: number;
  readonly clock?: Clock;
}

/**
 * Resolves when the process is gone, its files closed; at once when it is gone already. Works for processes that are
 * not our children; noticed within 50 ms (Node has no pidfd: whoever holds a connection to it learns of its end sooner).
 * @throws PollTimeoutError after `deadlineMs`, the signal's reason when aborted.
 */
export async function waitForExit(identity: ProcessIdentity, options: WaitForExitOptions = {}): Promise<void> {
  await poll(() => (sameProcess(identity) ? undefined : true), { initialMs: 1, maxMs: 50, ...options });
}

/**
 * Processes whose /proc/PID/cmdline holds exactly this argument, in order of pids: finds what a record was lost of,
 * provided that it was started with a tag of its own.
 */
export async function findByArgument(argument: string): Promise<readonly ProcessIdentity[]> {
  const wanted = Buffer.from(argument);
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const found: ProcessIdentity[] = [];
  for (const pid of pids.toSorted((a, b) => a - b)) {
    const cmdline = await readFile(`/proc/${pid}/cmdline`).catch(goneAsUndefined);
    // The identity is read after the match; a pid reused in between would be a new process without the argument.
    if (cmdline === undefined || !holdsArgument(cmdline, wanted)) continue;
    const identity = readIdentity(pid);
    if (identity !== undefined) found.push(identity);
  }
  return found;
}

function holdsArgument(cmdline: Buffer, wanted: Buffer): boolean {
  for (let start = 0; start < cmdline.length; ) {
    const end = cmdline.indexOf(0, start);
    const stop = end === -1 ? cmdline.length : end;
    if (cmdline.subarray(start, stop).equals(wanted)) return true;
    start = stop + 1;
  }
  return false;
}

function readStat(pid: number): ProcStat | undefined {
  let content: string;
  try {
    content = readFileSync(`/proc/${pid}/stat`, 'latin1');
  } catch (error) {
    return goneAsUndefined(error);
  }
  return parseProcStat(content);
}

function identityOf(pid: number, stat: ProcStat): ProcessIdentity {
  return { pid, startTimeTicks: stat.startTimeTicks, bootId: readBootId() };
}

function readBootId(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
}

function goneAsUndefined(error: unknown): undefined {
  const code = errorCode(error);
  if (code === 'ENOENT' || code === 'ESRCH' || code === 'EACCES' || code === 'EPERM') return undefined;
  throw error;
}

function errorCode(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}
