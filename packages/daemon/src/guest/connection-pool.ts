import type { GuestAddress } from './port.ts';
import type { SshConnection } from './ssh-connection.ts';
import { GuestUnreachable } from './unreachable.ts';

/** Connects once; to be given up by the signal. */
export type Connect = (address: GuestAddress, tcpTimeoutMs: number, signal: AbortSignal) => Promise<SshConnection>;

interface Slot {
  readonly address: GuestAddress;
  readonly controller: AbortController;
  readonly connecting: Promise<SshConnection>;
  connection: SshConnection | undefined;
  waiters: number;
}

/** At most one connection per VM. Callers that come while it is being made share the attempt. */
export class ConnectionPool {
  readonly #slots = new Map<string, Slot>();
  readonly #connect: Connect;

  constructor(connect: Connect) {
    this.#connect = connect;
  }

  /**
   * The open connection, or a new one after a single attempt; `tcpTimeoutMs` is that of the caller who starts it.
   * @throws GuestUnreachable, or the signal's reason: the attempt itself is given up when nobody waits for it any more.
   */
  async get(address: GuestAddress, tcpTimeoutMs: number, signal?: AbortSignal): Promise<SshConnection> {
    signal?.throwIfAborted();
    const slot = this.#usable(address) ?? this.#begin(address, tcpTimeoutMs);
    if (slot.connection !== undefined) return slot.connection;
    const { promise: aborted, reject } = Promise.withResolvers<never>();
    const onAbort = () => reject(signal?.reason as Error);
    signal?.addEventListener('abort', onAbort, { once: true });
    slot.waiters += 1;
    try {
      return await Promise.race([slot.connecting, aborted]);
    } finally {
      signal?.removeEventListener('abort', onAbort);
      slot.waiters -= 1;
      if (slot.waiters === 0 && slot.connection === undefined) this.#drop(slot, 'nobody waits for it any more');
    }
  }

  /** Ends the connection to this VM, or the attempt to make one. */
  disconnect(vmId: string, reason: string): void {
    const slot = this.#slots.get(vmId);
    if (slot !== undefined) this.#drop(slot, reason);
  }

  /** Ends all of them; resolves when their sockets are closed. */
  async close(reason: string): Promise<void> {
    const slots = [...this.#slots.values()];
    for (const slot of slots) this.#drop(slot, reason);
    await Promise.all(
      slots.map(
        (slot) =>
          slot.connection?.closed ??
          slot.connecting.then(
            () => {},
            () => {},
          ),
      ),
    );
  }

  #usable(address: GuestAddress): Slot | undefined {
    const slot = this.#slots.get(address.vmId);
    if (slot === undefined) return undefined;
    const { host, port, hostPublicKey } = slot.address;
    const isSame = host === address.host && port === address.port && hostPublicKey === address.hostPublicKey;
    if (isSame && slot.connection?.isOpen !== false) return slot;
    this.#drop(slot, 'the VM has another address now');
    return undefined;
  }

  #begin(address: GuestAddress, tcpTimeoutMs: number): Slot {
    const controller = new AbortController();
    const connecting = this.#connect(address, tcpTimeoutMs, controller.signal).then(
      (connection) => {
        slot.connection = connection;
        void connection.closed.then(() => this.#forget(slot));
        if (controller.signal.aborted) connection.end('it is no longer wanted');
        return connection;
      },
      (error: unknown) => {
        this.#forget(slot);
        throw error;
      },
    );
    connecting.catch(() => {}); // waiters that were aborted do not look any more
    const slot: Slot = { address, controller, connecting, connection: undefined, waiters: 0 };
    this.#slots.set(address.vmId, slot);
    return slot;
  }

  #drop(slot: Slot, reason: string): void {
    this.#forget(slot);
    slot.controller.abort(new GuestUnreachable(slot.address, `is no longer connected: ${reason}`, { final: true }));
    slot.connection?.end(reason);
  }

  #forget(slot: Slot): void {
    if (this.#slots.get(slot.address.vmId) === slot) this.#slots.delete(slot.address.vmId);
  }
}
