import type { Handler } from '../arguments/spec.ts';
import { print, printJson } from '../context.ts';
import { withClient } from '../daemon/connect.ts';
import { renderPairs } from '../output/table.ts';
import { safeLine } from '../output/text.ts';
import { formatBytes } from '../output/units.ts';

/** `banger image show` */
export const imageShow: Handler = async (context, invocation) => {
  const reference = invocation.operand;
  const image = await withClient(context, (client) => client.call('image.show', { image: reference }));
  if (context.settings.json) {
    printJson(context, image);
    return 0;
  }
  const pairs: [string, string][] = [
    ['Name', safeLine(image.name)],
    ['Id', safeLine(image.id)],
    ['Digest', safeLine(image.digest)],
    ['Size', `${formatBytes(image.sizeBytes)}, ${formatBytes(image.storedBytes)} on disk`],
    ['Kernel', safeLine(image.kernelVersion)],
    ['Created', image.createdAt],
    ['Used by', image.usedBy.length === 0 ? 'no VM' : safeLine(image.usedBy.join(', '))],
  ];
  for (const line of renderPairs(pairs)) print(context, line);
  return 0;
};
