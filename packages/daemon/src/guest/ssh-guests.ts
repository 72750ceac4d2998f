import { guestCommandLine } from '@banger/session';
import { type Clock, systemClock } from '@banger/system';
import { ConnectionPool } from './connection-pool.ts';
import type { GuestAddress, GuestCommand, GuestProcess, Guests } from './port.ts';
import { runToEnd } from './run-to-end.ts';
import { SshConnection } from './ssh-connection.ts';
import { login } from './ssh-login.ts';
import { connectTcp } from './tcp-connect.ts';
import { GuestUnreachable } from './unreachable.ts';
import { waitUntilReady } from './wait-ready.ts';

export interface SshGuestsOptions {
  /** The daemon's own key, see `ensureClientKey`. */
  readonly privateKey: string;
  /** `root` unless told. */
  readonly user?: string;
  readonly timings?: Partial<SshTimings>;
  /** Commands at a time in one VM; 900 unless told (our sshd's MaxSessions is 1000). */
  readonly maxCommands?: number;
  readonly clock?: Clock;
}

/** All in milliseconds. */
export interface SshTimings {
  /** One TCP attempt for a command in a VM that is known to run; longer than a lost SYN takes. */
  readonly tcpTimeoutMs: number;
  readonly bannerTimeoutMs: number;
  readonly loginTimeoutMs: number;
  readonly startTimeoutMs: number;
  readonly keepaliveIntervalMs: number;
}

const defaultTimings: SshTimings = {
  tcpTimeoutMs: 3500,
  bannerTimeoutMs: 10_000,
  loginTimeoutMs: 30_000,
  startTimeoutMs: 30_000,
  keepaliveIntervalMs: 15_000,
};

const DEFAULT_WORKDIR = '/root';
const POWER_OFF = '/run/banger/poweroff';

/** Guests over SSH: one kept-open connection per VM, host key pinned. */
export function createSshGuests(options: SshGuestsOptions): Guests {
  const timings = { ...defaultTimings, ...options.timings };
  const { user = 'root', privateKey, maxCommands = 900, clock = systemClock } = options;
  const limits = { maxCommands, startTimeoutMs: timings.startTimeoutMs };

  const pool = new ConnectionPool(async (address, tcpTimeoutMs, signal) => {
    const socket = await tcp(address, tcpTimeoutMs, signal);
    const client = await login(socket, address, { ...timings, user, privateKey, signal });
    return new SshConnection(client, socket, address, limits);
  });

  async function exec(address: GuestAddress, command: GuestCommand, signal?: AbortSignal): Promise<GuestProcess> {
    const { argv, env = {}, workdir = DEFAULT_WORKDIR, tty } = command;
    const connection = await pool.get(address, timings.tcpTimeoutMs, signal);
    return connection.start(guestCommandLine({ argv, env, workdir }), tty, signal);
  }

  return {
    exec,
    waitReady: (address, signal) =>
      waitUntilReady({ connect: (tcpTimeoutMs) => pool.get(address, tcpTimeoutMs, signal), address, clock, signal }),
    requestPowerOff: async (address, signal) => {
      try {
        const process = await exec(address, { argv: [POWER_OFF], workdir: '/' }, signal);
        return await tookPowerOff(process, signal);
      } catch (error) {
        signal.throwIfAborted();
        if (error instanceof GuestUnreachable) return false;
        throw error;
      }
    },
    disconnect: (vmId) => pool.disconnect(vmId, 'the VM was stopped'),
    close: () => pool.close('the daemon is closing'),
  };
}

async function tcp(address: GuestAddress, timeoutMs: number, signal: AbortSignal) {
  try {
    return await connectTcp({ host: address.host, port: address.port, timeoutMs, signal });
  } catch (cause) {
    signal.throwIfAborted();
    throw new GuestUnreachable(address, 'does not answer on its SSH port', { cause });
  }
}

async function tookPowerOff(process: GuestProcess, signal: AbortSignal): Promise<boolean> {
  const exit = await runToEnd(process, signal).catch((error: unknown) => {
    // A guest that goes down takes the connection with it.
    if (error instanceof GuestUnreachable) return { status: 0, signal: null };
    throw error;
  });
  return exit.status === 0;
}
