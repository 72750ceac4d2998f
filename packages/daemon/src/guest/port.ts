import type { Readable, Writable } from 'node:stream';

/** Where and how a guest is reached. Recorded with the VM, so that a restarted daemon can connect again. */
export interface GuestAddress {
  readonly vmId: string;
  readonly host: string;
  readonly port: number;
  /** The guest's own SSH host key, made by us before its first boot: OpenSSH public key line. */
  readonly hostPublicKey: string;
}

export interface GuestCommand {
  readonly argv: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Absolute; /root unless told. */
  readonly workdir?: string;
  readonly tty?: { readonly term: string; readonly columns: number; readonly rows: number };
}

export interface GuestExit {
  readonly status: number | null;
  /** Signal name without SIG when the command was ended by one. */
  readonly signal: string | null;
}

/** A command that runs in the guest; streams carry back-pressure. */
export interface GuestProcess {
  readonly stdin: Writable;
  readonly stdout: Readable;
  /** Empty under a tty. */
  readonly stderr: Readable;
  /** Settles when the command ended and its output was read (both streams, to their ends); rejects with guest_unreachable when the connection broke. */
  readonly exit: Promise<GuestExit>;
  resize(columns: number, rows: number): void;
  /**
   * To the command's process group; name without SIG. No effect when it has ended.
   * @throws BangerError invalid_params when there is no such signal.
   */
  signal(name: string): void;
  /** Ends the channel and settles `exit` at once; the guest's command gets SIGHUP. */
  close(): void;
}

/** Access to guests: exec and pty over one kept-open connection per VM. First adapter: ssh. */
export interface Guests {
  /** Waits until a command can be executed (not just an open port); bounded attempts, no polling storm, no lost second. */
  waitReady(address: GuestAddress, signal: AbortSignal): Promise<void>;
  /**
   * Starts a command; `signal` ends the start only, `GuestProcess.close` the command.
   * @throws BangerError guest_unreachable, overloaded
   */
  exec(address: GuestAddress, command: GuestCommand, signal?: AbortSignal): Promise<GuestProcess>;
  /** Asks the guest to power off; resolves when it took the request, false when it cannot be asked. */
  requestPowerOff(address: GuestAddress, signal: AbortSignal): Promise<boolean>;
  /** Forgets the connection to one VM (it stopped, or its address is given to another). */
  disconnect(vmId: string): void;
  close(): Promise<void>;
}
