import { join } from 'node:path';
import type { Result } from '@banger/api-types/client';
import type { Invocation } from '../arguments/invocation.ts';
import type { Handler } from '../arguments/spec.ts';
import { hasCode } from '../cli-error.ts';
import type { Context } from '../context.ts';
import { note, print, printJson } from '../context.ts';
import { withClient } from '../daemon/connect.ts';
import { launchDaemon } from '../daemon/launch.ts';
import { locateDaemon } from '../daemon/locate.ts';
import { LogFile } from '../daemon/log-file.ts';
import { safeLine } from '../output/text.ts';
import { daemonArguments } from './daemon-options.ts';

const DEFAULT_STATE_DIR = '/var/lib/banger';

/** `banger daemon start` */
export const daemonStart: Handler = async (context, invocation) => {
  const running = await runningDaemon(context);
  if (running !== undefined) {
    if (context.settings.json) printJson(context, { alreadyRunning: true, log: null, daemon: running });
    else print(context, `The daemon runs already: process ${running.pid}, socket ${safeLine(running.socket)}`);
    return 0;
  }
  const program = locateDaemon(context, invocation.value('bangerd'));
  using log = new LogFile(logPath(invocation), context.io.isRoot);
  note(context, 'Starting the daemon ...');
  const daemon = await launchDaemon(context, program, daemonArguments(context, invocation), log);
  if (context.settings.json) printJson(context, { alreadyRunning: false, log: log.path, daemon });
  else print(context, `The daemon runs: process ${daemon.pid}, socket ${safeLine(daemon.socket)}, log ${log.path}`);
  return 0;
};

async function runningDaemon(context: Context): Promise<Result<'daemon.status'> | undefined> {
  try {
    return await withClient(context, (client) => client.call('daemon.status', {}));
  } catch (error) {
    if (hasCode(error, 'daemon_unreachable')) return undefined;
    throw error;
  }
}

function logPath(invocation: Invocation): string {
  return invocation.value('log') ?? join(invocation.value('state-dir') ?? DEFAULT_STATE_DIR, 'bangerd.log');
}
