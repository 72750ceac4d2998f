import { describe, expect, test } from 'vitest';
import { program } from '../test/child.ts';
import { FakeDaemon } from '../test/fake-daemon.ts';
import { FakeOperations } from '../test/fake-operations.ts';
import type { FakeStream } from '../test/fake-stream.ts';
import { hasPython, PseudoTerminal } from '../test/pseudo-terminal.ts';
import { sampleVm, VM_ID } from '../test/samples.ts';

/** The program on a real terminal. */
const TIMEOUT_MS = 30_000;
if (!hasPython)
  process.stderr.write('skipped packages/cli/src/terminal.test.ts: python3 with its pty module is needed\n');

async function daemonWith(command: (stream: FakeStream) => Promise<void>): Promise<FakeDaemon> {
  const daemon = await FakeDaemon.start({ 'vm.exec': () => ({ ticket: 't1', expiresInMs: 10_000 }) });
  daemon.onStream = command;
  return daemon;
}

/** As many bytes of input. */
async function input(stream: FakeStream, length: number): Promise<string> {
  let text = '';
  for (let frame = await stream.next(); frame !== undefined; frame = await stream.next()) {
    if (frame.type === 'stdin') text += Buffer.from(frame.payload).toString();
    if (text.length >= length) break;
  }
  return text;
}

describe.skipIf(!hasPython)('on a terminal', { timeout: TIMEOUT_MS }, () => {
  test('keys are bytes, also Ctrl-C and Ctrl-D; its size follows; it is restored', async () => {
    await using daemon = await daemonWith(async (stream) => {
      stream.send('stdout', 'prompt# ');
      expect(await input(stream, 2)).toBe('\u0003\u0004');
      terminal.resize(120, 40);
      expect(await stream.nextControl()).toEqual({ type: 'resize', value: { columns: 120, rows: 40 } });
      stream.exit({ status: 5, signal: null });
    });
    using terminal = new PseudoTerminal([...program, 'exec', '-it', 'box', '--socket', daemon.socketPath, 'sh']);
    await terminal.saw(/prompt# /);
    expect(await terminal.isRaw()).toBe(true);
    terminal.write('\u0003');
    terminal.write('\u0004');
    expect(await terminal.ended()).toEqual({ status: 5, raw: false });
    expect(daemon.callsOf('vm.exec')[0]).toMatchObject({ tty: { columns: 80, rows: 24 } });
  });

  test('without -t, Ctrl-C is a signal for the command', async () => {
    await using daemon = await daemonWith(async (stream) => {
      stream.send('stdout', 'ready');
      expect(await stream.nextControl()).toEqual({ type: 'signal', value: { signal: 'INT' } });
      stream.exit({ status: null, signal: 'INT' });
    });
    using terminal = new PseudoTerminal([...program, 'exec', '-i', 'box', '--socket', daemon.socketPath, 'cat']);
    await terminal.saw(/ready/);
    expect(await terminal.isRaw()).toBe(false);
    terminal.write('\u0003');
    expect(await terminal.ended()).toEqual({ status: 130, raw: false });
  });

  test('it is restored when the daemon dies', async () => {
    await using daemon = await daemonWith(async (stream) => {
      stream.send('stdout', 'prompt# ');
      await input(stream, 1);
      stream.break();
    });
    using terminal = new PseudoTerminal([...program, 'exec', 'box', '--socket', daemon.socketPath]);
    await terminal.saw(/prompt# /);
    terminal.write('x');
    expect(await terminal.ended()).toEqual({ status: 125, raw: false });
    expect(terminal.text).toMatch(/error:.*the connection to the daemon broke/);
  });

  test('a window that is closed hangs the command up', async () => {
    let hungUp = false;
    await using daemon = await daemonWith(async (stream) => {
      stream.send('stdout', 'prompt# ');
      await stream.closed;
      hungUp = true;
    });
    using terminal = new PseudoTerminal([...program, 'exec', 'box', '--socket', daemon.socketPath]);
    await terminal.saw(/prompt# /);
    terminal.hangUp();
    expect((await terminal.ended()).status).toBe(129);
    await expect.poll(() => hungUp).toBe(true);
  });

  test('Ctrl-C while a VM is made cancels it, and the stages show that it is undone', async () => {
    const operations = new FakeOperations();
    operations.onCancel = (operation) => {
      operation.stage('disk', { state: 'undone' });
      setTimeout(() => operation.end('cancelled'), 150);
    };
    await using daemon = await FakeDaemon.start({
      ...operations.handlers,
      'vm.create': () => {
        const operation = operations.begin('vm.create').stage('disk', { state: 'running', message: 'cloning' });
        return { operation: operation.snapshot() };
      },
    });
    using terminal = new PseudoTerminal([...program, 'vm', 'run', '--rm', 'debian', '--socket', daemon.socketPath]);
    await terminal.saw(/disk.*cloning/);
    terminal.write('\u0003');
    expect(await terminal.ended()).toEqual({ status: 130, raw: false });
    expect(terminal.text).toMatch(/Cancelling and undoing[^]*↶.* disk[^]*everything is undone/);
  });

  test('vm run leaves nothing on the screen but what the command wrote', async () => {
    const operations = new FakeOperations();
    operations.onWait = (operation) =>
      void setTimeout(() => operation.stage('boot', { state: 'running' }).end('succeeded', VM_ID), 250);
    await using daemon = await FakeDaemon.start({
      ...operations.handlers,
      'vm.create': () => ({ operation: operations.begin('vm.create').stage('disk', { state: 'running' }).snapshot() }),
      'vm.delete': () => ({ operation: operations.begin('vm.delete').end('succeeded').snapshot() }),
      'vm.show': () => sampleVm(),
      'vm.exec': () => ({ ticket: 't1', expiresInMs: 10_000 }),
    });
    daemon.onStream = (stream) => {
      stream.send('stdout', 'Linux\n');
      stream.exit({ status: 0, signal: null });
    };
    using terminal = new PseudoTerminal([...program, 'run', 'debian', '--rm', '--socket', daemon.socketPath, 'uname']);
    expect((await terminal.ended()).status).toBe(0);
    expect(terminal.text).toMatch(/\u001B\[\d+A\r\u001B\[J(Linux\r\n)$/);
  });
});
