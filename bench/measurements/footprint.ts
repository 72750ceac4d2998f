import { setTimeout as delay } from 'node:timers/promises';
import type { BuiltDaemon } from '../place/built-daemon.ts';
import { number } from '../report/render.ts';
import type { Finding } from '../report/types.ts';
import { type BenchContext, runsOf } from './context.ts';
import { cpuMs, residentBytes } from './process-cost.ts';

const LISTS = 1000;
const MB = 1e6;

/** Memory and idle CPU of a daemon that was just started and has many VMs in its books. */
export async function measureFootprint(
  context: BenchContext,
  { client, pid, startMs }: BuiltDaemon,
  vmCount: number,
): Promise<Finding> {
  const { signal } = context;
  const afterStart = await residentBytes(pid);
  const idleSeconds = runsOf(context, 30, 5);
  const idleFresh = await idlePercent(pid, idleSeconds, signal);
  for (let index = 0; index < LISTS; index++) {
    signal.throwIfAborted();
    await client.call('vm.list', {});
  }
  const afterLists = await residentBytes(pid);
  const idleUsed = await idlePercent(pid, idleSeconds, signal);
  const afterRest = await residentBytes(pid);
  return {
    id: 'footprint',
    title: `The daemon with ${vmCount} recorded VMs`,
    method:
      `Resident memory (VmRSS) of bangerd, right after its start and after ${LISTS} calls of vm.list; CPU time of all its ` +
      `threads over ${idleSeconds} s without any call, one client connected, as a share of one CPU.`,
    targets: [
      {
        what: `memory of bangerd, ${vmCount} VMs, after ${LISTS} lists`,
        value: Math.max(afterStart, afterLists, afterRest) / MB,
        limit: 150,
        unit: ' MB',
        cause: `It is ${number(afterStart / MB)} MB after the start already; the lists add the rest.`,
      },
      {
        what: `idle CPU of bangerd, ${vmCount} VMs`,
        value: Math.max(idleFresh, idleUsed),
        limit: 0.5,
        unit: ' %',
        cause: 'Something in it runs although nobody asked.',
      },
    ],
    series: [],
    facts: [
      { label: 'start until it answers and is ready', text: `${number(startMs)} ms` },
      { label: 'memory after the start', text: `${number(afterStart / MB)} MB` },
      { label: `memory after ${LISTS} lists`, text: `${number(afterLists / MB)} MB` },
      { label: `memory ${idleSeconds} s later`, text: `${number(afterRest / MB)} MB` },
      { label: 'CPU while idle, after the start', text: `${number(idleFresh)} %` },
      { label: 'CPU while idle, after the lists', text: `${number(idleUsed)} %` },
    ],
  };
}

async function idlePercent(pid: number, seconds: number, signal: AbortSignal): Promise<number> {
  const [before, started] = [await cpuMs(pid), performance.now()];
  await delay(seconds * 1000, undefined, { signal });
  return (((await cpuMs(pid)) - before) / (performance.now() - started)) * 100;
}
