import type { Handler } from '../arguments/spec.ts';
import { note, print, printJson } from '../context.ts';
import { DaemonLink } from '../daemon/link.ts';
import { statusOfSignal } from '../exit-status.ts';
import { Interrupts } from '../interrupts.ts';
import { createVm, readCreateParams } from './create-vm.ts';

/** `banger vm create` */
export const vmCreate: Handler = async (context, invocation) => {
  const params = readCreateParams(invocation);
  using interrupts = new Interrupts(context.io);
  using link = await DaemonLink.open(context);
  const { operation, vm, interruptedBy } = await createVm(context, link, interrupts, params, true);
  if (context.settings.json) printJson(context, { operation, vm });
  else print(context, vm.name);
  const late = interruptedBy === undefined ? '' : 'Too late to cancel: ';
  note(context, `${late}${vm.name} runs at ${vm.guestIp}.`);
  note(context, `Get in with: banger vm exec -it ${vm.name}`);
  return interruptedBy === undefined ? 0 : statusOfSignal(interruptedBy);
};
