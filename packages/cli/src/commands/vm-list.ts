import type { Result } from '@banger/api-types/client';
import type { Handler } from '../arguments/spec.ts';
import type { Context } from '../context.ts';
import { note, print, printJson } from '../context.ts';
import { withClient } from '../daemon/connect.ts';
import type { Column } from '../output/table.ts';
import { renderTable } from '../output/table.ts';
import { safeLine } from '../output/text.ts';
import { formatAge, formatBytes, MIB } from '../output/units.ts';

type VmSummary = Result<'vm.list'>['vms'][number];

const columns: readonly Column[] = [
  { title: 'NAME', shrinks: true },
  { title: 'STATE' },
  { title: 'IMAGE', shrinks: true },
  { title: 'VCPUS', align: 'right' },
  { title: 'MEMORY', align: 'right' },
  { title: 'ADDRESS' },
  { title: 'AGE', align: 'right' },
  { title: 'ID' },
];

/** `banger vm list` */
export const vmList: Handler = async (context) => {
  const result = await withClient(context, (client) => {
    const answer = client.call('vm.list', {});
    // Opening the output takes a millisecond, in which the daemon can work.
    context.io.stdout.open();
    return answer;
  });
  if (context.settings.json) printJson(context, result);
  else if (context.settings.quiet) for (const { name } of result.vms) print(context, name);
  else printTable(context, result.vms);
  return 0;
};

function printTable(context: Context, vms: readonly VmSummary[]): void {
  if (vms.length === 0) return note(context, 'No VMs. Make one with: banger vm run debian');
  const { stdout } = context.io;
  const now = Date.now();
  const image = remembering(safeLine);
  const memory = remembering((mebibytes: number) => formatBytes(mebibytes * MIB));
  const rows = vms.map((vm) => [
    safeLine(vm.name),
    vm.state,
    image(vm.image),
    String(vm.vcpus),
    memory(vm.memoryMib),
    vm.guestIp,
    formatAge(now - Date.parse(vm.createdAt)),
    vm.id,
  ]);
  const [titles = '', ...lines] = renderTable(columns, rows, stdout.isTTY ? stdout.columns : undefined);
  print(context, [context.style.bold(titles), ...lines].join('\n'));
}

/** A thousand VMs have a handful of images and sizes. */
function remembering<T>(format: (value: T) => string): (value: T) => string {
  const known = new Map<T, string>();
  return (value) => {
    let text = known.get(value);
    if (text === undefined) known.set(value, (text = format(value)));
    return text;
  };
}
