/** A daemon with many recorded VMs, for measuring `banger vm list`: prints its socket and serves until it is ended. */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sampleRow } from './samples.ts';

const count = Number(process.argv[2] ?? 1000);
const vms = Array.from({ length: count }, (_, index) => {
  const number = index.toString(16).padStart(4, '0');
  return sampleRow({ id: `0011223344${number}aa`.padEnd(16, '0'), name: `box-${number}` });
});
// Made ahead: what is measured is the client.
const handshake = { protocol: 1, daemon: 'bangerd 9.9.9', instance: 'abcd1234' };
const answers = [
  JSON.stringify({ jsonrpc: '2.0', id: 1, result: handshake }),
  JSON.stringify({ jsonrpc: '2.0', id: 2, result: { vms } }),
].join('\n');

const folder = mkdtempSync(join(tmpdir(), 'banger-list-'));
const socketPath = join(folder, 'banger.sock');
const server = createServer((socket) => {
  socket.on('error', () => {});
  socket.once('data', () => socket.write(`${answers}\n`));
});
server.listen(socketPath, () => process.stdout.write(`${socketPath}\n`));
process.once('SIGTERM', () => {
  server.close();
  rmSync(folder, { recursive: true });
});
