import type { Result } from '@banger/api-types/client';
import type { Handler } from '../arguments/spec.ts';
import { print, printJson } from '../context.ts';
import { withClient } from '../daemon/connect.ts';
import { renderPairs } from '../output/table.ts';
import { safeLine } from '../output/text.ts';
import { formatAge, formatBytes, formatDuration, MIB } from '../output/units.ts';
import { withSuggestion } from './names.ts';

/** `banger vm show` */
export const vmShow: Handler = async (context, invocation) => {
  const vm = await withClient(context, (client) =>
    withSuggestion(client, invocation.operand, () => client.call('vm.show', { vm: invocation.operand })),
  );
  if (context.settings.json) printJson(context, vm);
  else for (const line of describe(vm)) print(context, line);
  return 0;
};

function describe(vm: Result<'vm.show'>): string[] {
  const reason = vm.stateReason === null ? '' : ` (${safeLine(vm.stateReason)})`;
  const pairs: [string, string][] = [
    ['Name', vm.name],
    ['Id', vm.id],
    ['State', `${vm.state}${reason}`],
    ['Image', `${safeLine(vm.image)} (${safeLine(vm.imageId)})`],
    ['vCPUs', String(vm.vcpus)],
    ['Memory', formatBytes(vm.memoryMib * MIB)],
    ['Disk', `${formatBytes(vm.diskBytes)}, ${safeLine(vm.disk)}`],
    ['Work disk', `${formatBytes(vm.workDiskBytes)}, at /root`],
    ['Address', `${vm.guestIp} (${safeLine(vm.mac)} on ${safeLine(vm.tap)})`],
    ['VMM', `${safeLine(vm.vmm)}, ${safeLine(vm.accelerator)}${vm.pid === null ? '' : `, process ${vm.pid}`}`],
    ['Directory', safeLine(vm.directory)],
    ['Created', when(vm.createdAt)],
  ];
  if (vm.startedAt !== null) pairs.push(['Started', when(vm.startedAt)]);
  if (vm.stoppedAt !== null) pairs.push(['Stopped', when(vm.stoppedAt)]);
  const stages = vm.boot.filter(({ durationMs }) => durationMs !== null);
  if (stages.length > 0) pairs.push(['Last start', stages.map(describeStage).join(', ')]);
  return renderPairs(pairs);
}

function when(timestamp: string): string {
  return `${timestamp} (${formatAge(Date.now() - Date.parse(timestamp))} ago)`.replace('now ago', 'now');
}

function describeStage({ name, durationMs }: Result<'vm.show'>['boot'][number]): string {
  return `${safeLine(name)} ${formatDuration(durationMs ?? 0)}`;
}
