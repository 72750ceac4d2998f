import type { Client } from '@banger/api-types/node';
import { interleave } from '../interleave.ts';
import type { Finding, Series } from '../report/types.ts';
import { type BenchContext, runsOf } from './context.ts';

/** What a connection allows at once unless configured otherwise. */
const IN_FLIGHT = 64;

export interface RpcSubjects {
  readonly client: Client;
  /** An ended operation. */
  readonly operation: string;
  readonly vmCount: number;
}

/** Round trips of one connection: one after the other, and many at once. */
export async function measureRpc(context: BenchContext, { client, operation, vmCount }: RpcSubjects): Promise<Finding> {
  const calls = {
    'op.status': () => client.call('op.status', { operation }),
    'daemon.status': () => client.call('daemon.status', {}),
    'vm.list': () => client.call('vm.list', {}),
  } as const;
  const names = Object.keys(calls) as (keyof typeof calls)[];
  const rounds = runsOf(context, 2000, 300);
  const warmUps = runsOf(context, 500, 100);
  const timed = Object.fromEntries(names.map((name) => [name, () => timeOf(calls[name])])) as Record<
    keyof typeof calls,
    () => Promise<number>
  >;
  const oneByOne = await interleave(timed, { runs: rounds, warmUps, signal: context.signal });
  const series: Series[] = names.map((name) => ({ label: name, unit: 'ms', values: oneByOne[name] }));
  const rates: string[] = [];
  for (const name of ['op.status', 'daemon.status'] as const) {
    context.signal.throwIfAborted();
    const { times, perSecond } = await inFlight(calls[name], rounds * 5);
    series.push({ label: `${name}, ${IN_FLIGHT} in flight`, unit: 'ms', values: times });
    rates.push(`${name} ${Math.round(perSecond)}`);
  }
  return {
    id: 'rpc',
    title: 'RPC round trips',
    method:
      `One connection of the client library to a daemon with ${vmCount} recorded VMs, client and daemon on the same host: ` +
      `one call after the other, the methods in turn; then ${IN_FLIGHT} in flight all the time. vm.list answers all VMs.`,
    targets: [],
    series,
    facts: [{ label: `calls per second, ${IN_FLIGHT} in flight`, text: rates.join(', ') }],
  };
}

async function timeOf(call: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await call();
  return performance.now() - started;
}

async function inFlight(call: () => Promise<unknown>, count: number): Promise<{ times: number[]; perSecond: number }> {
  const times: number[] = [];
  let left = count;
  const worker = async (): Promise<void> => {
    while (left-- > 0) times.push(await timeOf(call));
  };
  const started = performance.now();
  await Promise.all(Array.from({ length: IN_FLIGHT }, worker));
  return { times, perSecond: (count * 1000) / (performance.now() - started) };
}
