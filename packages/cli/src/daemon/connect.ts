import type { Client } from '@banger/api-types/node';
import { connect, RpcError } from '@banger/api-types/node';
import { CliError } from '../cli-error.ts';
import type { Context } from '../context.ts';
import { DEFAULT_SOCKET } from '../context.ts';

/** A daemon that is there answers in milliseconds; this bounds waiting for one that hangs. */
const HANDSHAKE_TIMEOUT_MS = 15_000;

/**
 * Connects to the daemon.
 * @throws CliError or RpcError that says how to start the daemon, or how to get at it
 */
export async function connectDaemon(context: Context, signal?: AbortSignal): Promise<Client> {
  const { socketPath } = context.settings;
  try {
    return await connect({
      socketPath,
      client: context.clientName,
      timeoutMs: HANDSHAKE_TIMEOUT_MS,
      ...(signal === undefined ? {} : { signal }),
    });
  } catch (error) {
    if (!(error instanceof RpcError) || error.code !== 'daemon_unreachable') throw error;
    const { code, message, details } = error;
    throw new CliError(code, message, { remediation: howToStart(context), details, cause: error });
  }
}

/** Runs a task with a connection that is closed afterwards. */
export async function withClient<T>(context: Context, task: (client: Client) => Promise<T>): Promise<T> {
  const client = await connectDaemon(context);
  try {
    return await task(client);
  } finally {
    client.close();
  }
}

function howToStart({ io, settings }: Context): string {
  // As an option: sudo does not hand the environment on.
  const socket = settings.socketPath === DEFAULT_SOCKET ? '' : ` --socket ${settings.socketPath}`;
  return `Start the daemon with: ${io.isRoot ? '' : 'sudo '}banger${socket} daemon start`;
}
