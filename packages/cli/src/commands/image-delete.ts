import type { WireError } from '@banger/api-types/client';
import type { Handler } from '../arguments/spec.ts';
import { note, print, printJson } from '../context.ts';
import { withClient } from '../daemon/connect.ts';
import { overallStatus } from '../exit-status.ts';
import { reportError, statusOf, toWireError } from '../output/report-error.ts';
import { formatBytes } from '../output/units.ts';

type Entry = { image: string; freedBytes: number } | { image: string; error: WireError };

/** `banger image delete` */
export const imageDelete: Handler = async (context, invocation) => {
  const results: Entry[] = [];
  const statuses: number[] = [];
  await withClient(context, async (client) => {
    for (const image of new Set(invocation.operands)) {
      try {
        const { freedBytes } = await client.call('image.delete', { image });
        results.push({ image, freedBytes });
        if (!context.settings.json && !context.settings.quiet) print(context, image);
        note(context, `${formatBytes(freedBytes)} are free again.`);
      } catch (error) {
        results.push({ image, error: toWireError(error) });
        statuses.push(statusOf(error));
        if (!context.settings.json) reportError(context.io, error, context.settings);
      }
    }
  });
  if (context.settings.json) printJson(context, { results });
  return overallStatus(statuses);
};
