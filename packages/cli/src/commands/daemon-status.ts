import type { Handler } from '../arguments/spec.ts';
import { print, printJson } from '../context.ts';
import { withClient } from '../daemon/connect.ts';
import { renderPairs } from '../output/table.ts';
import { safeLine } from '../output/text.ts';
import { formatAge, formatBytes } from '../output/units.ts';

/** `banger daemon status` */
export const daemonStatus: Handler = async (context) => {
  const status = await withClient(context, (client) => client.call('daemon.status', {}));
  if (context.settings.json) {
    printJson(context, status);
    return 0;
  }
  const lines = renderPairs([
    ['State', status.state],
    ['Version', safeLine(status.version)],
    ['Process', `${status.pid}, for ${formatAge(status.uptimeMs)}, ${formatBytes(status.memoryBytes)} of memory`],
    ['Socket', safeLine(status.socket)],
    ['State directory', `${safeLine(status.stateDir)} (instance ${safeLine(status.instance)})`],
    ['VMs', `${status.vms.total}, ${status.vms.running} running`],
    ['Operations', String(status.operations)],
    ['VMM', `${safeLine(status.vmm)}, ${safeLine(status.accelerator)}`],
    ['Disks', safeLine(status.disk)],
  ]);
  for (const line of lines) print(context, line);
  return 0;
};
