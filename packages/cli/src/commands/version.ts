import type { Result } from '@banger/api-types/client';
import { PROTOCOL_VERSION } from '@banger/api-types/client';
import type { Handler } from '../arguments/spec.ts';
import type { Context } from '../context.ts';
import { print, printJson } from '../context.ts';
import { withClient } from '../daemon/connect.ts';
import { safeLine } from '../output/text.ts';

/** `banger version`: ours and, where one answers, the daemon's. */
export const version: Handler = async (context) => {
  const daemon = await askDaemon(context);
  if (context.settings.json) {
    printJson(context, { client: context.clientName, protocol: PROTOCOL_VERSION, daemon });
    return 0;
  }
  print(context, `${context.clientName} (protocol ${PROTOCOL_VERSION})`);
  print(context, daemon === null ? 'no daemon answers' : `${safeLine(daemon.daemon)} (protocol ${daemon.protocol})`);
  return 0;
};

async function askDaemon(context: Context): Promise<Result<'handshake'> | null> {
  try {
    return await withClient(context, (client) => client.daemon);
  } catch {
    // No daemon, none for us, or one of another protocol: our own version is what was asked for.
    return null;
  }
}
