import type { Handler } from '../arguments/spec.ts';
import { DaemonLink } from '../daemon/link.ts';
import { execInVm } from '../exec/exec.ts';
import { Interrupts } from '../interrupts.ts';
import { readGuestCommand } from './guest-command.ts';
import { withSuggestion } from './names.ts';

/** `banger vm exec` */
export const vmExec: Handler = async (context, invocation) => {
  const vm = invocation.operand;
  const command = readGuestCommand(context, invocation);
  using interrupts = new Interrupts(context.io);
  using link = await DaemonLink.open(context);
  return await withSuggestion(link, vm, () => execInVm(context, link, interrupts, { vm, ...command }));
};
