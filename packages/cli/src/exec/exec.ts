import type { ClientStream, Params } from '@banger/api-types/client';
import type { Context } from '../context.ts';
import type { DaemonLink } from '../daemon/link.ts';
import type { Interrupts } from '../interrupts.ts';
import { ExecSession } from './session.ts';
import { rawMode, terminalSize } from './terminal.ts';

/** A command for a VM. */
export interface ExecRequest {
  /** Reference of the VM. */
  readonly vm: string;
  readonly argv: readonly string[];
  readonly env: Record<string, string>;
  /** Absolute path in the guest. */
  readonly workdir: string | undefined;
  /** Hands our standard input to the command; else it finds an empty one. */
  readonly interactive: boolean;
  readonly tty: boolean;
}

/**
 * Runs a command in a VM with our standard streams as its own.
 * @returns the exit status to end with: the command's own, 128 and the signal's number when a signal ended it
 * @throws RpcError or CliError when banger failed, not the command
 */
export async function execInVm(
  context: Context,
  link: DaemonLink,
  interrupts: Interrupts,
  request: ExecRequest,
): Promise<number> {
  const { ticket } = await link.call('vm.exec', execParams(context, request));
  const client = await link.client();
  const stream = await client.openStream(ticket);
  try {
    return await runSession(context, interrupts, request, stream);
  } finally {
    stream.close();
    context.io.stdin.close();
  }
}

async function runSession(
  { io }: Context,
  interrupts: Interrupts,
  request: ExecRequest,
  stream: ClientStream,
): Promise<number> {
  const session = new ExecSession(io, stream);
  using _signals = interrupts.handle((signal) => session.interrupt(signal));
  if (!request.tty) return await session.run(request.interactive);
  using _raw = request.interactive ? rawMode(io) : undefined;
  const stopResizing = io.stdout.onResize(() => session.resize(terminalSize(io)));
  try {
    return await session.run(request.interactive);
  } finally {
    stopResizing();
  }
}

function execParams({ io }: Context, request: ExecRequest): Params<'vm.exec'> {
  const { vm, argv, env, workdir, tty } = request;
  const term = io.environment['TERM'] || 'xterm';
  return {
    vm,
    argv: [...argv],
    ...(Object.keys(env).length === 0 ? {} : { env }),
    ...(workdir === undefined ? {} : { workdir }),
    ...(tty ? { tty: { term, ...terminalSize(io) } } : {}),
  };
}
