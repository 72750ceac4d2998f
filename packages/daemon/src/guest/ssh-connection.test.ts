import { once } from 'node:events';
import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import ssh2 from 'ssh2';
import { expect, it } from 'vitest';
import { SshConnection } from './ssh-connection.ts';

/** A socket whose other side is gone: what was ended is never acknowledged, so it never closes by itself. */
class DeadPeer extends Duplex {
  override _read(): void {}
  override _write(): void {}
  override _final(): void {}
}

it('ends at once when the guest is gone and its side of the socket has ended', async () => {
  const socket = new DeadPeer({ emitClose: true });
  const client = new ssh2.Client();
  client.on('error', () => {});
  client.connect({ sock: socket, username: 'root', password: 'unused' });
  const address = { vmId: '0'.repeat(16), host: '192.0.2.1', port: 22, hostPublicKey: '' };
  const connection = new SshConnection(client, socket as unknown as Socket, address, {
    maxCommands: 1,
    startTimeoutMs: 1000,
  });
  socket.end();
  socket.push(null);
  socket.resume();
  await once(socket, 'end');
  connection.end('the VM was stopped');
  await connection.closed;
  expect(connection.isOpen).toBe(false);
});
