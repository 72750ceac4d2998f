import { constants } from 'node:os';
import { finished } from 'node:stream/promises';
import type { ClientChannel } from 'ssh2';
import { BangerError } from '../errors.ts';
import { hasAllOutput, isOpen, sendWindowChange } from './channel-internals.ts';
import { ChannelStdin } from './channel-stdin.ts';
import type { GuestExit, GuestProcess } from './port.ts';

/** A process that runs behind a channel, and what its connection has to tell it. */
export interface SshProcess extends GuestProcess {
  /** Its process group in the guest, once it is known. */
  group: number | undefined;
  /** The connection is gone; to be called before the channel learns of it. */
  connectionLost(error: Error): void;
}

export interface SshProcessOptions {
  readonly hasTty: boolean;
  /** Signals a process group in the guest; `name` without SIG. */
  readonly kill: (group: number, name: string) => Promise<void>;
}

const NO_EXIT: GuestExit = { status: null, signal: null };

/** Must be called in the same turn in which the channel was opened: events come right after. */
export function sshProcess(channel: ClientChannel, { hasTty, kill }: SshProcessOptions): SshProcess {
  const stdin = new ChannelStdin(channel);
  const { stderr } = channel;
  let ended = NO_EXIT;
  let lost: Error | undefined;
  let signals = Promise.resolve();
  const given = Promise.withResolvers<GuestExit>();

  channel.once('exit', (status: number | null, signal?: string) => {
    ended = { status, signal: signal?.replace(/^SIG/, '') ?? null };
  });
  // A terminal has one output only; nobody may be reading the other.
  if (hasTty) stderr.resume();
  const delivered = Promise.all([closed(channel), endOf(stderr)]).then(() => {
    if (lost !== undefined) throw lost;
    return ended;
  });
  const exit = Promise.race([delivered, given.promise]);
  exit.catch(() => {}); // who does not ask need not handle it

  const send = (name: string) => {
    const { group } = process;
    // one after the other: TERM and then KILL must arrive in this order
    if (group !== undefined && isOpen(channel)) signals = signals.then(() => kill(group, name));
  };
  const process: SshProcess = {
    stdin,
    stdout: channel,
    stderr,
    exit,
    group: undefined,
    resize: (columns, rows) => sendWindowChange(channel, columns, rows),
    signal(name) {
      if (!(`SIG${name}` in constants.signals)) throw new BangerError('invalid_params', `there is no signal ${name}`);
      send(name);
    },
    close() {
      // Without a terminal sshd only closes the pipes, and waits until the command has ended by itself.
      send('HUP');
      channel.close();
      channel.resume();
      stderr.resume();
      given.resolve(ended);
    },
    connectionLost(error) {
      if (!hasAllOutput(channel)) lost = error;
    },
  };
  return process;
}

/** ssh2 closes a channel after the last of its stdout was read. */
function closed(channel: ClientChannel): Promise<void> {
  return new Promise((resolve) => {
    channel.once('close', () => resolve());
  });
}

async function endOf(stream: NodeJS.ReadableStream): Promise<void> {
  await finished(stream, { writable: false, error: false });
}
