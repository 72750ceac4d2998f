import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { ended, program, start } from '../test/child.ts';
import { FakeDaemon } from '../test/fake-daemon.ts';
import { FakeOperations } from '../test/fake-operations.ts';
import type { FakeStream } from '../test/fake-stream.ts';
import { sampleRow } from '../test/samples.ts';

/** The program as a process: what only real descriptors and real signals show. */
const TIMEOUT_MS = 30_000;
const CHUNK = Buffer.alloc(64 * 1024, 'y\n');

async function daemonWith(command: (stream: FakeStream) => void | Promise<void>): Promise<FakeDaemon> {
  const daemon = await FakeDaemon.start({
    'vm.exec': () => ({ ticket: 't1', expiresInMs: 10_000 }),
    'vm.list': () => ({ vms: Array.from({ length: 2000 }, () => sampleRow()) }),
  });
  daemon.onStream = command;
  return daemon;
}

test('streams apart, status, and an end although the input stays open', { timeout: TIMEOUT_MS }, async () => {
  await using daemon = await daemonWith(async (stream) => {
    const frame = await stream.next();
    stream.send('stdout', `got ${Buffer.from(frame!.payload).toString()}`);
    stream.send('stderr', 'complaint');
    stream.exit({ status: 9, signal: null });
  });
  const child = start(['exec', '-i', 'box', '--socket', daemon.socketPath, 'cat']);
  child.stdin.write('hello');
  const [output, { status, stderr }] = await Promise.all([text(child.stdout), ended(child)]);
  expect([output, stderr, status]).toEqual(['got hello', 'complaint', 9]);
});

test('SIGINT and SIGTERM go to the command', { timeout: TIMEOUT_MS }, async () => {
  await using daemon = await daemonWith(async (stream) => {
    stream.send('stdout', 'ready');
    expect(await stream.nextControl()).toEqual({ type: 'signal', value: { signal: 'INT' } });
    child.kill('SIGTERM');
    expect(await stream.nextControl()).toEqual({ type: 'signal', value: { signal: 'TERM' } });
    stream.exit({ status: null, signal: 'TERM' });
  });
  const child = start(['exec', 'box', '--socket', daemon.socketPath, 'sleep', '9']);
  child.stdout.once('data', () => child.kill('SIGINT'));
  expect((await ended(child)).status).toBe(143);
});

test('a reader that goes away ends the command, silently', { timeout: TIMEOUT_MS }, async () => {
  let hungUp = false;
  await using daemon = await daemonWith(async (stream) => {
    void stream.closed.then(() => (hungUp = true));
    while (!hungUp) if (!stream.send('stdout', CHUNK)) await stream.drained();
  });
  const child = start(['exec', 'box', '--socket', daemon.socketPath, 'yes']);
  child.stdout.once('data', () => child.stdout.destroy());
  expect(await ended(child)).toEqual({ status: 141, signal: null, stderr: '' });
  await expect.poll(() => hungUp).toBe(true);
});

test('a list whose reader goes away is no failure', { timeout: TIMEOUT_MS }, async () => {
  await using daemon = await daemonWith(() => {});
  const child = start(['vm', 'list', '--socket', daemon.socketPath]);
  child.stdout.destroy();
  expect(await ended(child)).toEqual({ status: 0, signal: null, stderr: '' });
});

test('a slow reader slows the daemon, and Ctrl-C still works', { timeout: TIMEOUT_MS }, async () => {
  let sent = 0;
  let stuck = false;
  await using daemon = await daemonWith(async (stream) => {
    while (sent < 2 ** 28) {
      sent += CHUNK.length;
      if (stream.send('stdout', CHUNK)) continue;
      stuck = true;
      await stream.drained();
      stuck = false;
    }
  });
  const child = start(['exec', 'box', '--socket', daemon.socketPath, 'yes']);
  const end = ended(child);
  await expect.poll(() => stuck, { timeout: 10_000 }).toBe(true);
  for (let count = 0; count < 3; count++) {
    child.kill('SIGINT');
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const { signal, stderr } = await end;
  expect(sent).toBeLessThan(8 * 2 ** 20);
  expect(signal).toBe('SIGINT');
  expect(stderr).toContain('Left the command');
});

test('SIGTERM during a create cancels it', { timeout: TIMEOUT_MS }, async () => {
  const operations = new FakeOperations();
  await using daemon = await FakeDaemon.start({
    ...operations.handlers,
    'vm.create': () => ({ operation: operations.begin('vm.create').snapshot() }),
  });
  operations.onWait = () => void child.kill('SIGTERM');
  const child = start(['vm', 'create', 'debian', '--socket', daemon.socketPath]);
  const { status, stderr } = await ended(child);
  expect(status).toBe(143);
  expect(stderr).toContain('everything is undone');
  expect(daemon.callsOf('op.cancel')).toHaveLength(1);
});

test('a full disk under the output is an error', { timeout: TIMEOUT_MS }, async () => {
  await using daemon = await daemonWith(() => {});
  const full = openSync('/dev/full', 'w');
  const [file = '', ...argv] = program;
  const child = spawn(file, [...argv, 'vm', 'list', '--socket', daemon.socketPath], { stdio: ['pipe', full, 'pipe'] });
  closeSync(full);
  const [status, stderr] = await Promise.all([
    new Promise((resolve) => child.once('exit', resolve)),
    text(child.stderr!),
  ]);
  expect(stderr).toContain('cannot write the standard output');
  expect(status).toBe(6);
});
