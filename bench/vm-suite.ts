import type { Runner } from '@banger/system';
import { succeed } from '../test/integration/support/daemon.ts';
import { shareImages } from '../test/integration/support/images.ts';
import { makeBareHost } from './bare/bare-host.ts';
import type { BenchContext } from './measurements/context.ts';
import { measureCreate } from './measurements/create.ts';
import { measureExec } from './measurements/exec.ts';
import { measureThroughput } from './measurements/throughput.ts';
import type { MeasurementId } from './options.ts';
import { type BuiltDaemon, startDaemon } from './place/built-daemon.ts';
import type { Marks } from './place/census.ts';
import { makePlace } from './place/place.ts';
import { openSshMaster } from './place/ssh-master.ts';
import type { Fact } from './report/types.ts';

interface BenchHost {
  readonly runner: Runner;
  readonly marks: Marks;
}

/** What needs VMs that run. */
export async function measureVms(
  context: BenchContext,
  { runner, marks }: BenchHost,
  only: ReadonlySet<MeasurementId>,
): Promise<Fact[]> {
  if (!['create', 'exec', 'throughput'].some((id) => only.has(id as MeasurementId))) return [];
  await using place = await makePlace(marks);
  await shareImages(place.stateDir, (cache) => pullInto(context, marks, cache));
  await using daemon = await startDaemon(place);
  await using _vms = { [Symbol.asyncDispose]: () => deleteAll(daemon) };
  context.say('a first VM ...');
  const { subject } = await succeed(daemon.client, 'vm.create', { image: 'debian', name: 'warm' });
  const vm = await daemon.client.call('vm.show', { vm: subject ?? '' });
  if (only.has('exec') || only.has('throughput')) {
    await using ssh = await openSshMaster(runner, place, vm);
    if (only.has('exec')) {
      context.say('warm exec ...');
      context.record(await measureExec(context, { place, daemon, ssh, vm: vm.name }));
    }
    if (only.has('throughput')) {
      context.say('output ...');
      context.record(await measureThroughput(context, { place, ssh, vm: vm.name }));
    }
  }
  if (only.has('create')) {
    context.say('create to first exec ...');
    await using bare = await makeBareHost(runner, place, vm);
    // A VM that idles beside would take part of the CPU that is measured.
    await deleteAll(daemon);
    context.record(await measureCreate(context, { place, daemon, bare }));
  }
  const { vmm, accelerator, disk, vcpus, memoryMib } = vm;
  return [{ label: 'VMs', text: `${vmm} under ${accelerator}, ${vcpus} vCPU, ${memoryMib} MiB, ${disk} disks` }];
}

/** The one real pull, by the programs under measurement. */
async function pullInto(context: BenchContext, marks: Marks, cache: string): Promise<void> {
  context.say('building the image debian, once ...');
  await using place = await makePlace(marks, cache);
  await using daemon = await startDaemon(place);
  await succeed(daemon.client, 'image.pull', { image: 'debian' });
}

async function deleteAll({ client }: BuiltDaemon): Promise<void> {
  const { vms } = await client.call('vm.list', {});
  await Promise.all(vms.map(({ id }) => succeed(client, 'vm.delete', { vm: id })));
}
