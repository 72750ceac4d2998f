import { readdir, readFile } from 'node:fs/promises';

/** Resident memory in bytes: VmRSS of proc_pid_status(5). */
export async function residentBytes(pid: number): Promise<number> {
  const kibibytes = /^VmRSS:\s+(\d+) kB$/m.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1];
  if (kibibytes === undefined) throw new Error(`process ${pid} has no resident memory`);
  return Number(kibibytes) * 1024;
}

/**
 * Time on a CPU of all threads, in milliseconds: the first field of each schedstat, in nanoseconds, which counts what
 * the ticks of /proc/PID/stat do not see.
 */
export async function cpuMs(pid: number): Promise<number> {
  const threads = await readdir(`/proc/${pid}/task`);
  const spent = await Promise.all(
    // A thread may end between the listing and the reading.
    threads.map((thread) => readFile(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').catch(() => '0')),
  );
  return spent.reduce((sum, line) => sum + Number(line.split(' ')[0]), 0) / 1e6;
}
