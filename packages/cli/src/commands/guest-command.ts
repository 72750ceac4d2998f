import type { Invocation } from '../arguments/invocation.ts';
import { parseEnvironment } from '../arguments/values.ts';
import { usageError } from '../cli-error.ts';
import type { Context } from '../context.ts';
import { note } from '../context.ts';
import type { ExecRequest } from '../exec/exec.ts';
import { requireTerminal } from '../exec/terminal.ts';

/** The login shell of the guest's user; sshd sets SHELL from the guest's passwd. */
const loginShell: readonly string[] = ['/bin/sh', '-c', 'exec "${SHELL:-/bin/sh}" -l'];

/**
 * Reads the command for the VM, and how it is to run, from the command line.
 * @throws CliError when there is none and no terminal for a shell, or when a terminal is wanted where there is none
 */
export function readGuestCommand(context: Context, invocation: Invocation): Omit<ExecRequest, 'vm'> {
  const { io } = context;
  const { values, unset } = parseEnvironment(invocation.values('env'), io.environment);
  const workdir = invocation.value('workdir');
  if (workdir !== undefined && !workdir.startsWith('/')) {
    throw usageError(
      `--workdir ${workdir} is not an absolute path in the VM`,
      `Write /${workdir} or /root/${workdir}.`,
    );
  }
  for (const name of unset) note(context, `${name} is not set here, so it is not set for the command either.`);
  const common = { env: values, workdir };
  const interactive = invocation.flag('interactive');
  const tty = invocation.flag('tty');
  if (invocation.trailing.length > 0) {
    if (tty) requireTerminal(io, interactive);
    return { ...common, argv: invocation.trailing, interactive, tty };
  }
  if (io.stdin.isTTY && io.stdout.isTTY) return { ...common, argv: loginShell, interactive: true, tty: true };
  // `echo ls | banger vm exec -i box`: the shell reads its commands from the input.
  if (interactive && !tty) return { ...common, argv: loginShell, interactive, tty };
  throw usageError(
    'no command, and no terminal for a shell',
    'Add a command after `--`, or -i to run a shell that reads its commands from the input.',
  );
}
