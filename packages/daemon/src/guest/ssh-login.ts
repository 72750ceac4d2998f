import type { Socket } from 'node:net';
import ssh2, { type Client, type ConnectConfig } from 'ssh2';
import { publicKeyBlob } from './key-pair.ts';
import type { GuestAddress } from './port.ts';
import { GuestUnreachable } from './unreachable.ts';

export interface LoginOptions {
  readonly user: string;
  readonly privateKey: string;
  /** From the connection until the server's first byte, in milliseconds. */
  readonly bannerTimeoutMs: number;
  /** From the connection until the login is done, in milliseconds. */
  readonly loginTimeoutMs: number;
  readonly keepaliveIntervalMs: number;
  readonly signal: AbortSignal;
}

/** Keepalives without an answer after which a connection counts as lost: a busy guest under emulation may be slow. */
const KEEPALIVE_MISSES = 6;

/** One choice for each: the cheapest for an emulated guest, where cryptography is what a login costs. */
const algorithms: NonNullable<ConnectConfig['algorithms']> = {
  kex: ['curve25519-sha256'],
  serverHostKey: ['ssh-ed25519'],
  cipher: ['aes128-gcm@openssh.com', 'chacha20-poly1305@openssh.com'],
  hmac: ['hmac-sha2-256-etm@openssh.com'],
  compress: ['none'],
};

/**
 * Logs in over a connected socket, and only to the guest that has the expected host key.
 * @throws GuestUnreachable, or the signal's reason when aborted; the socket is closed then.
 */
export async function login(socket: Socket, address: GuestAddress, options: LoginOptions): Promise<Client> {
  const expected = publicKeyBlob(address.hostPublicKey);
  if (expected === undefined) {
    socket.destroy();
    throw new GuestUnreachable(address, 'has no recorded host key that could be compared', { final: true });
  }
  const client = new ssh2.Client();
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let isOtherHost = false;
  const bannerTimer = setTimeout(() => {
    if (socket.bytesRead === 0) {
      reject(
        new GuestUnreachable(
          address,
          `accepts connections, but its sshd said nothing for ${options.bannerTimeoutMs} ms`,
        ),
      );
    }
  }, options.bannerTimeoutMs);
  const loginTimer = setTimeout(() => {
    reject(new GuestUnreachable(address, `did not finish the SSH login within ${options.loginTimeoutMs} ms`));
  }, options.loginTimeoutMs);
  const onAbort = () => reject(options.signal.reason as Error);
  options.signal.addEventListener('abort', onAbort, { once: true });

  client.once('ready', resolve);
  client.on('error', (error) => reject(loginFailure(address, error, isOtherHost)));
  client.once('close', () => reject(new GuestUnreachable(address, 'closed the connection during the SSH login')));
  try {
    options.signal.throwIfAborted();
    client.connect({
      sock: socket,
      username: options.user,
      privateKey: options.privateKey,
      authHandler: ['publickey'], // without the usual attempt with `none` first
      algorithms,
      readyTimeout: 0, // ours are above
      keepaliveInterval: options.keepaliveIntervalMs,
      keepaliveCountMax: KEEPALIVE_MISSES,
      hostVerifier: (key: Buffer) => {
        isOtherHost = !key.equals(expected);
        return !isOtherHost;
      },
    });
    await promise;
    return client;
  } catch (error) {
    socket.destroy();
    throw error;
  } finally {
    clearTimeout(bannerTimer);
    clearTimeout(loginTimer);
    options.signal.removeEventListener('abort', onAbort);
  }
}

function loginFailure(address: GuestAddress, cause: Error, isOtherHost: boolean): GuestUnreachable {
  if (isOtherHost) {
    return new GuestUnreachable(address, 'has another SSH host key than the one made for this VM', {
      cause,
      final: true,
      remediation: 'Another machine may use this address, or the guest replaced its host key. Restart the VM.',
    });
  }
  if ('level' in cause && cause.level === 'client-authentication') {
    return new GuestUnreachable(address, "refused banger's SSH key", {
      cause,
      final: true,
      remediation: 'authorized_keys or the SSH configuration in the guest was changed. Restart the VM.',
    });
  }
  return new GuestUnreachable(address, 'broke off the SSH login', { cause });
}
