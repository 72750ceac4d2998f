import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createConnection, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Listener, type ListenUnixOptions, listenUnix } from './listen-unix.ts';

let directory: string;
let path: string;
const listeners: Listener[] = [];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'banger-listen-'));
  path = join(directory, 'b.sock');
});

afterEach(async () => {
  for (const listener of listeners.splice(0)) await listener.close();
  rmSync(directory, { recursive: true });
});

async function listen(at = path, options: Partial<ListenUnixOptions> = {}): Promise<Listener> {
  const listener = await listenUnix(at, {
    mode: 0o660,
    accept: (socket) => socket.on('error', () => {}).end('hello'),
    onError: () => {},
    ...options,
  });
  listeners.push(listener);
  return listener;
}

async function greeting(at = path): Promise<string> {
  const socket = createConnection({ path: at });
  let text = '';
  socket.on('data', (chunk) => {
    text += chunk.toString();
  });
  await once(socket, 'close');
  return text;
}

/** A socket file that its process left behind. */
async function leaveDeadSocket(): Promise<void> {
  const script = `require('net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 9))`;
  await once(spawn(process.execPath, ['-e', script]), 'close');
  expect(statSync(path).isSocket()).toBe(true);
}

test('listens with the mode that was asked for, and leaves nothing behind', async () => {
  const listener = await listen();
  expect(await greeting()).toBe('hello');
  expect(statSync(path).mode & 0o777).toBe(0o660);
  expect(readdirSync(directory)).toEqual(['b.sock']);
  await listener.close();
  expect(readdirSync(directory)).toEqual([]);
});

test('sets the group, by name and by number', async () => {
  const own = process.getgid!();
  await listen(path, { group: own });
  expect(statSync(path).gid).toBe(own);
  await expect(listen(join(directory, 'c.sock'), { group: 'no-such-group' })).rejects.toMatchObject({
    code: 'config_invalid',
    remediation: /groupadd --system no-such-group/,
  });
  expect(readdirSync(directory)).toEqual(['b.sock']);
});

test.runIf(process.getuid?.() === 0)('gives the socket to another group', async () => {
  await listen(path, { group: 'daemon' });
  expect(statSync(path).gid).toBe(1);
});

test('replaces a socket that nobody answers on', async () => {
  await leaveDeadSocket();
  await listen();
  expect(await greeting()).toBe('hello');
});

test('refuses to replace a socket that is answered', async () => {
  await listen();
  await expect(listen()).rejects.toMatchObject({ code: 'daemon_already_running' });
  expect(await greeting()).toBe('hello');
});

test('refuses to replace what is not a socket', async () => {
  writeFileSync(path, 'precious');
  await expect(listen()).rejects.toMatchObject({ code: 'config_invalid' });
});

test('a path has 107 bytes, and not one more', async () => {
  const fits = join(directory, 'x'.repeat(107 - directory.length - 1));
  expect(Buffer.byteLength(fits)).toBe(107);
  await listen(fits);
  expect(await greeting(fits)).toBe('hello');
  await expect(listen(`${fits}x`)).rejects.toMatchObject({ code: 'path_too_long', details: { bytes: 108 } });
  const accented = join(directory, 'é'.repeat(54));
  await expect(listen(accented)).rejects.toMatchObject({ code: 'path_too_long' });
});

test('what a crash left in the nursery is no obstacle', async () => {
  const first = await listen();
  await first.close();
  const nursery = join(directory, '.b.sock.new');
  await listen(join(directory, 'other.sock'));
  mkdirSync(nursery);
  writeFileSync(join(nursery, 'socket'), '');
  await listen();
  expect(readdirSync(directory).toSorted()).toEqual(['b.sock', 'other.sock']);
});

test('on closing it does not remove a socket that has taken its place', async () => {
  const listener = await listen();
  rmSync(path);
  await listen();
  await listener.close();
  expect(await greeting()).toBe('hello');
});

test('a directory that is not there is an error that says what to do', async () => {
  await expect(listen(join(directory, 'no', 'b.sock'))).rejects.toMatchObject({ code: 'permission_denied' });
});

test('serves a socket that was opened by another process', async () => {
  const opener = createServer().listen(path);
  await once(opener, 'listening');
  const { fd } = (opener as unknown as { _handle: { fd: number } })._handle;
  const room = new URL('listen-unix.ts', import.meta.url).href;
  const script = `import { listenFd } from ${JSON.stringify(room)};
    await listenFd(3, { accept: (socket) => socket.end('by fd'), onError: () => {} });
    console.log('ready');`;
  const server = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit', fd],
  });
  try {
    await once(server.stdout!, 'data');
    const moved = join(directory, 'moved.sock');
    renameSync(path, moved);
    opener.close();
    expect(await greeting(moved)).toBe('by fd');
  } finally {
    server.kill();
    await once(server, 'close');
  }
});
