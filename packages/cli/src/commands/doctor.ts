import type { Result } from '@banger/api-types/client';
import type { Handler } from '../arguments/spec.ts';
import { hasCode } from '../cli-error.ts';
import type { Context } from '../context.ts';
import { note, print, printJson } from '../context.ts';
import { withClient } from '../daemon/connect.ts';
import { runDoctor } from '../daemon/run-doctor.ts';
import { FINDINGS_STATUS } from '../fixed-status.ts';
import { safeLine } from '../output/text.ts';
import { daemonArguments } from './daemon-options.ts';

type Report = Result<'doctor'>;
type Level = Report['findings'][number]['level'];

/** `banger doctor`: asks the daemon, or the daemon's program where none runs. */
export const doctor: Handler = async (context, invocation) => {
  const report = await askDaemon(context);
  const found = report ?? (await runDoctor(context, invocation.value('bangerd'), daemonArguments(context, invocation)));
  if (context.settings.json) printJson(context, found);
  else printReport(context, found);
  return found.ok ? 0 : FINDINGS_STATUS;
};

async function askDaemon(context: Context): Promise<Report | undefined> {
  try {
    return await withClient(context, (client) => client.call('doctor', {}));
  } catch (error) {
    if (hasCode(error, 'daemon_unreachable')) note(context, 'No daemon runs: checking the host without it.');
    else if (hasCode(error, 'permission_denied')) note(context, 'The daemon may not be asked: checking without it.');
    else throw error;
    return undefined;
  }
}

function printReport(context: Context, { ok, findings }: Report): void {
  const { style } = context;
  const marks: Readonly<Record<Level, string>> = {
    ok: style.green('ok     '),
    note: style.cyan('note   '),
    warning: style.yellow('warning'),
    error: style.red('error  '),
  };
  for (const { level, check, message, remediation } of findings) {
    if (context.settings.quiet && (level === 'ok' || level === 'note')) continue;
    print(context, `${marks[level]}  ${safeLine(check)}: ${safeLine(message)}`);
    if (remediation !== null) print(context, `         ${safeLine(remediation)}`);
  }
  note(context, ok ? 'This host can run VMs.' : 'Mend what is marked as error, then run banger doctor again.');
}
