export interface ProcStat {
  /** One letter, see proc_pid_stat(5). */
  readonly state: string;
  readonly startTimeTicks: number;
  /** All threads have ended; only the entry waits for the parent. */
  readonly dead: boolean;
}

/** Parses /proc/PID/stat, see proc_pid_stat(5). */
export function parseProcStat(content: string): ProcStat {
  // The name is in parentheses and may itself hold spaces and parentheses.
  const fields = content.slice(content.lastIndexOf(')') + 2).split(' ');
  const state = fields[0] ?? '';
  const threads = Number(fields[17]);
  const startTimeTicks = Number(fields[19]);
  if (state === '' || !Number.isSafeInteger(startTimeTicks) || !Number.isSafeInteger(threads)) {
    throw new Error(`not a line of /proc/PID/stat: ${JSON.stringify(content.slice(0, 200))}`);
  }
  // The first thread shows Z as soon as it has ended; others may still run and hold files.
  return { state, startTimeTicks, dead: (state === 'Z' && threads <= 1) || state === 'X' };
}
