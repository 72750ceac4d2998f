import { randomUUID } from 'node:crypto';
import type { Handler } from '../arguments/spec.ts';
import { note, print, printJson } from '../context.ts';
import { DaemonLink } from '../daemon/link.ts';
import { statusOfSignal } from '../exit-status.ts';
import { Interrupts } from '../interrupts.ts';
import { createDisplay } from '../operations/display.ts';
import { follow } from '../operations/follow.ts';
import { safeLine } from '../output/text.ts';
import { formatBytes } from '../output/units.ts';

/** `banger image pull` */
export const imagePull: Handler = async (context, invocation) => {
  const reference = invocation.operand;
  const params = { image: reference, idempotencyKey: randomUUID() };
  using interrupts = new Interrupts(context.io);
  using link = await DaemonLink.open(context);
  const display = createDisplay(context);
  try {
    const { operation, interruptedBy } = await follow(link, {
      begin: (callOptions) => link.call('image.pull', params, callOptions),
      display,
      label: '',
      interrupts,
      cancellable: true,
      doing: `pulling ${reference}`,
    });
    const image = await link.call('image.show', { image: operation.subject ?? reference });
    if (context.settings.json) printJson(context, { operation, image });
    else print(context, safeLine(image.name));
    note(context, `${safeLine(image.name)} is here: ${formatBytes(image.storedBytes)} on disk.`);
    return interruptedBy === undefined ? 0 : statusOfSignal(interruptedBy);
  } finally {
    display.end(true);
  }
};
