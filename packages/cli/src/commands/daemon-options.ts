import type { Invocation } from '../arguments/invocation.ts';
import type { Context } from '../context.ts';

const handedOn = ['config', 'state-dir', 'run-dir', 'log-level'] as const;

/** Options of bangerd from ours of the same name. The socket is only handed on when it was named: a config may say it. */
export function daemonArguments(context: Context, invocation: Invocation): string[] {
  const { socketPath, socketGiven } = context.settings;
  const words = socketGiven ? ['--socket', socketPath] : [];
  for (const name of handedOn) {
    const value = invocation.value(name);
    if (value !== undefined) words.push(`--${name}`, value);
  }
  return words;
}
