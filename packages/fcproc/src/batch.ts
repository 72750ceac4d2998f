import type { Runner } from '@banger/system';
import { type CallOptions, IP_TIMEOUT_MS } from './list.ts';

/**
 * Runs `ip` commands in one process; it stops at the first that fails.
 * The signal is looked at before, not during: killed between "create" and "set alias", `ip` would leave an interface
 * that nobody owns, and the whole batch takes milliseconds.
 * @throws CommandError of the Runner.
 */
export async function runBatch(runner: Runner, commands: readonly string[], options: CallOptions): Promise<void> {
  options.signal?.throwIfAborted();
  if (commands.length === 0) return;
  await runner.run(['ip', '-batch', '-'], {
    privileged: true,
    timeoutMs: options.timeoutMs ?? IP_TIMEOUT_MS,
    input: `${commands.join('\n')}\n`,
  });
}
