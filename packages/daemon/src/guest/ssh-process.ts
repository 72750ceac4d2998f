import { finished } from 'node:stream/promises';
import type { ClientChannel } from 'ssh2';
import { hasAllOutput, sendSignal, sendWindowChange } from './channel-internals.ts';
import { ChannelStdin } from './channel-stdin.ts';
import type { GuestExit, GuestProcess } from './port.ts';

/** A process that runs behind a channel, and what its connection has to tell it. */
export interface SshProcess extends GuestProcess {
  /** The connection is gone; to be called before the channel learns of it. */
  connectionLost(error: Error): void;
}

/** Must be called in the same turn in which the channel was opened: events come right after. */
export function sshProcess(channel: ClientChannel, hasTty: boolean): SshProcess {
  const stdin = new ChannelStdin(channel);
  const stdout = channel;
  const stderr = channel.stderr;
  let ended: GuestExit = { status: null, signal: null };
  let lost: Error | undefined;

  channel.once('exit', (status: number | null, signal?: string) => {
    ended = { status, signal: signal?.replace(/^SIG/, '') ?? null };
  });
  // A terminal has one output only; nobody may be reading the other.
  if (hasTty) stderr.resume();
  const exit = Promise.all([closed(channel), endOf(stderr)]).then(() => {
    if (lost !== undefined) throw lost;
    return ended;
  });
  exit.catch(() => {}); // who does not ask need not handle it

  return {
    stdin,
    stdout,
    stderr,
    exit,
    resize: (columns, rows) => sendWindowChange(channel, columns, rows),
    signal: (name) => sendSignal(channel, name),
    close() {
      // Without a terminal sshd only closes the pipes: the command would live on.
      sendSignal(channel, 'HUP');
      channel.close();
      stdout.resume();
      stderr.resume();
    },
    connectionLost(error) {
      if (!hasAllOutput(channel)) lost = error;
    },
  };
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
