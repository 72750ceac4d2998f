/**
 * A stand-in for qemu-system-x86_64: a process with the same command line, files, QMP and signals, and no guest.
 * It is run by itself and imports nothing of ours. What the guest would do is asked for by kernel arguments:
 * `fake.die` (ends during its start), `fake.hang` (never answers), `fake.deaf` (ignores the power button), and by
 * signals: SIGUSR1 powers off, SIGUSR2 reboots.
 */
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';

const VERSION = { major: 10, minor: 0, micro: 0 };
/** A test that dies leaves nothing for ever. */
const LIFETIME_MS = 15 * 60_000;

const argv = process.argv.slice(2);
const valueOf = (option: string): string => argv[argv.indexOf(option) + 1] ?? '';
const valuesOf = (option: string): string[] => argv.filter((_, index) => argv[index - 1] === option);
const pathOf = (id: string): string =>
  /path=([^,]*)/.exec(valuesOf('-chardev').find((value) => value.includes(`id=${id},`)) ?? '')?.[1] ?? '';
const kernelArguments = new Set(valueOf('-append').split(' '));
const qmpPath = pathOf('qmp');
const sockets = new Set<Socket>();
let running = !argv.includes('-S');

if (argv.includes('--version')) {
  process.stdout.write('QEMU emulator version 10.0.0 (a stand-in that runs no guest)\n');
} else {
  start();
}

function start(): void {
  const missing = [valueOf('-kernel'), ...valuesOf('-blockdev').map(fileOf)].find((path) => !existsSync(path));
  if (missing !== undefined) fail(`Could not open '${missing}': No such file or directory`);
  if (kernelArguments.has('fake.die')) fail('the kernel arguments ask for a failure');
  writeFileSync(valueOf('-pidfile'), `${process.pid}\n`, { mode: 0o600 });
  writeFileSync(pathOf('console'), 'no guest\n', { flag: 'a' });
  rmSync(qmpPath, { force: true });
  createServer(serve).listen(qmpPath);
  process.on('SIGTERM', () => end('host-signal'));
  process.on('SIGUSR1', () => end('guest-shutdown'));
  process.on('SIGUSR2', () => end('guest-reset'));
  setTimeout(() => end('host-signal'), LIFETIME_MS);
}

function fileOf(blockdev: string): string {
  return (JSON.parse(blockdev) as { file: { filename: string } }).file.filename;
}

function fail(message: string): never {
  process.stderr.write(`qemu-system-x86_64: ${message}\n`);
  // oxlint-disable-next-line no-restricted-properties -- what comes after must not run
  process.exit(1);
}

function serve(socket: Socket): void {
  if (kernelArguments.has('fake.hang')) return;
  sockets.add(socket);
  socket.on('error', () => {}).on('close', () => sockets.delete(socket));
  send(socket, { QMP: { version: { qemu: VERSION, package: '' }, capabilities: [] } });
  let rest = '';
  socket.on('data', (chunk: Buffer) => {
    const lines = `${rest}${chunk.toString()}`.split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) answer(socket, JSON.parse(line) as Request);
  });
}

interface Request {
  readonly execute: string;
  readonly id?: number;
}

function answer(socket: Socket, { execute, id }: Request): void {
  const status = running ? 'running' : 'paused';
  send(socket, { return: execute === 'query-status' ? { status, running } : {}, id });
  if (execute === 'cont') running = true;
  if (execute === 'stop') running = false;
  if (execute === 'quit') end('host-qmp-quit');
  if (execute === 'system_powerdown' && !kernelArguments.has('fake.deaf')) end('guest-shutdown');
}

function end(reason: string): void {
  for (const socket of sockets) {
    send(socket, { event: 'SHUTDOWN', data: { guest: reason.startsWith('guest'), reason } });
  }
  rmSync(qmpPath, { force: true });
  rmSync(valueOf('-pidfile'), { force: true });
  // The event must be on its way before the process goes.
  // oxlint-disable-next-line no-restricted-properties -- server and timer would keep it alive
  setImmediate(() => process.exit(0));
}

function send(socket: Socket, message: object): void {
  socket.write(`${JSON.stringify(message)}\r\n`);
}
