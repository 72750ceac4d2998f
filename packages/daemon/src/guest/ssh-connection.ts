import type { Socket } from 'node:net';
import type { Client, ClientChannel, ExecOptions } from 'ssh2';
import { BangerError } from '../errors.ts';
import type { GuestAddress, GuestCommand, GuestProcess } from './port.ts';
import { type SshProcess, sshProcess } from './ssh-process.ts';
import { startMark } from './start-mark.ts';
import { GuestUnreachable } from './unreachable.ts';

export interface ConnectionLimits {
  /** Commands at a time; sshd's MaxSessions must not be below. */
  readonly maxCommands: number;
  /** How long the guest may take to start a command, in milliseconds. */
  readonly startTimeoutMs: number;
}

/** A logged-in connection to one guest; each command has a channel of its own. */
export class SshConnection {
  /** Resolves when the connection is gone, for whatever reason. */
  readonly closed: Promise<void>;
  readonly #client: Client;
  readonly #socket: Socket;
  readonly #address: GuestAddress;
  readonly #limits: ConnectionLimits;
  readonly #processes = new Set<SshProcess>();
  #starting = 0;
  #error: unknown;
  #endReason: string | undefined;
  #isClosed = false;

  /** `socket` is the one that `client` runs over. */
  constructor(client: Client, socket: Socket, address: GuestAddress, limits: ConnectionLimits) {
    this.#client = client;
    this.#socket = socket;
    this.#address = address;
    this.#limits = limits;
    client.on('error', (error) => {
      this.#error ??= error;
    });
    const { promise, resolve } = Promise.withResolvers<void>();
    this.closed = promise;
    // ssh2 tells us first and its channels after that
    client.once('close', () => {
      this.#isClosed = true;
      const error = this.#lostError();
      for (const process of this.#processes) process.connectionLost(error);
      resolve();
    });
  }

  get isOpen(): boolean {
    return !this.#isClosed;
  }

  /**
   * Starts a command line of the guest's shell.
   * @throws BangerError guest_unreachable, overloaded; the signal's reason when aborted before the start.
   */
  start(line: string, tty: GuestCommand['tty'], signal?: AbortSignal): Promise<GuestProcess> {
    signal?.throwIfAborted();
    const running = this.#processes.size + this.#starting;
    if (running >= this.#limits.maxCommands) throw this.#tooMany(running);
    this.#starting += 1;
    const { promise, resolve, reject } = Promise.withResolvers<GuestProcess>();
    const onAbort = () => reject(signal?.reason);
    signal?.addEventListener('abort', onAbort, { once: true });
    const { startTimeoutMs } = this.#limits;
    const timer = setTimeout(() => {
      reject(new GuestUnreachable(this.#address, `did not start the command within ${startTimeoutMs} ms`));
    }, startTimeoutMs);
    let isWanted = true;
    const settled = promise.finally(() => {
      isWanted = false;
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
    });
    const mark = startMark();
    this.#open(mark.prefix + line, tty, (error, channel) => {
      this.#starting -= 1;
      if (channel === undefined) {
        reject(this.#startError(error));
        return;
      }
      const process = this.#track(channel, tty !== undefined);
      void mark.take(channel).then((group) => {
        process.group = group;
        if (isWanted) resolve(process);
        else process.close();
      });
    });
    return settled;
  }

  /** Closes the connection; commands that run are told `reason`, for example `the VM was stopped`. */
  end(reason: string): void {
    this.#endReason ??= reason;
    // No courtesy towards a guest that may be gone: an orderly end waits for its last packet, for minutes. ssh2's own
    // `destroy` leaves a socket alone whose writable side has ended already.
    this.#socket.destroy();
  }

  #open(line: string, tty: GuestCommand['tty'], done: (error: unknown, channel?: ClientChannel) => void): void {
    const pty =
      tty === undefined ? undefined : { term: tty.term, cols: tty.columns, rows: tty.rows, width: 0, height: 0 };
    const options: ExecOptions = pty === undefined ? {} : { pty };
    try {
      this.#client.exec(line, options, done);
    } catch (error) {
      done(error);
    }
  }

  #track(channel: ClientChannel, hasTty: boolean): SshProcess {
    const process = sshProcess(channel, { hasTty, kill: (group, name) => this.#kill(group, name) });
    this.#processes.add(process);
    channel.once('close', () => this.#processes.delete(process));
    return process;
  }

  /** Not counted against the limit: a command must be stoppable when there are too many. */
  #kill(group: number, name: string): Promise<void> {
    return new Promise((resolve) => {
      this.#open(`kill -s ${name} -- -${group}`, undefined, (_error, channel) => {
        // That it was too late is no error, and a lost connection is told by the command's end.
        if (channel === undefined) resolve();
        else
          channel
            .once('close', () => resolve())
            .resume()
            .stderr.resume();
      });
    });
  }

  #startError(error: unknown): BangerError {
    if (this.#isClosed) return this.#lostError();
    // sshd refuses a channel beyond its MaxSessions; ssh2 then sets the reason, RFC 4254, 5.1
    if (error instanceof Error && 'reason' in error && error.reason !== '') {
      return this.#tooMany(this.#processes.size, error);
    }
    return new GuestUnreachable(this.#address, 'refused to start the command', { cause: error });
  }

  #tooMany(running: number, cause?: unknown): BangerError {
    return new BangerError('overloaded', `${running} commands run in this VM already, it takes no more at a time`, {
      remediation: 'Wait until some have ended.',
      details: { vmId: this.#address.vmId, running },
      cause,
    });
  }

  #lostError(): GuestUnreachable {
    const why = this.#endReason === undefined ? 'closed the connection' : `is no longer connected: ${this.#endReason}`;
    return new GuestUnreachable(this.#address, why, this.#error === undefined ? {} : { cause: this.#error });
  }
}
