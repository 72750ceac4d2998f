import type { BenchContext } from './measurements/context.ts';
import { measureFootprint } from './measurements/footprint.ts';
import { measureList } from './measurements/list.ts';
import { measureRpc } from './measurements/rpc.ts';
import type { MeasurementId } from './options.ts';
import { startDaemon } from './place/built-daemon.ts';
import type { Marks } from './place/census.ts';
import { makePlace } from './place/place.ts';
import { recordVms } from './place/recorded-vms.ts';

const VM_COUNT = 1000;

/** What needs no VM that runs: a daemon with many VMs in its books. */
export async function measureRecorded(
  context: BenchContext,
  marks: Marks,
  only: ReadonlySet<MeasurementId>,
): Promise<void> {
  if (!['footprint', 'rpc', 'list'].some((id) => only.has(id as MeasurementId))) return;
  await using place = await makePlace(marks);
  const operation = recordVms(place.stateDir, VM_COUNT);
  await using daemon = await startDaemon(place);
  // First, while the daemon is as it started.
  if (only.has('footprint')) {
    context.say(`memory and idle CPU with ${VM_COUNT} recorded VMs ...`);
    context.record(await measureFootprint(context, daemon, VM_COUNT));
  }
  if (only.has('rpc')) {
    context.say('RPC round trips ...');
    context.record(await measureRpc(context, { client: daemon.client, operation, vmCount: VM_COUNT }));
  }
  if (only.has('list')) {
    context.say(`banger vm list with ${VM_COUNT} recorded VMs ...`);
    context.record(await measureList(context, place, VM_COUNT));
  }
}
