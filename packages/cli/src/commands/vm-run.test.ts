import { describe, expect, test } from 'vitest';
import type { Handlers } from '../../test/fake-daemon.ts';
import { FakeDaemon, refuse } from '../../test/fake-daemon.ts';
import { FakeIo } from '../../test/fake-io.ts';
import { FakeOperations } from '../../test/fake-operations.ts';
import { sampleVm, VM_ID } from '../../test/samples.ts';

/** Creates and deletes succeed as soon as they are waited for. */
function handlers(operations: FakeOperations): Handlers {
  operations.onWait = (operation) => void setImmediate(() => operation.end('succeeded', VM_ID));
  return {
    ...operations.handlers,
    'vm.create': () => ({ operation: operations.begin('vm.create').snapshot() }),
    'vm.delete': () => ({ operation: operations.begin('vm.delete').snapshot() }),
    'vm.show': () => sampleVm(),
    'vm.exec': () => ({ ticket: 't1', expiresInMs: 10_000 }),
  };
}

async function start(operations = new FakeOperations()): Promise<FakeDaemon> {
  const daemon = await FakeDaemon.start(handlers(operations));
  daemon.onStream = (stream) => {
    stream.send('stdout', 'Linux\n');
    stream.exit({ status: 3, signal: null });
  };
  return daemon;
}

test('creates, runs, leaves the VM and says so', async () => {
  await using daemon = await start();
  const io = new FakeIo();
  expect(await io.run('vm', 'run', 'debian', '--name', 'box', '--socket', daemon.socketPath, '--', 'uname')).toBe(3);
  expect(io.stdout.text).toBe('Linux\n');
  expect(io.stderr.text).toContain(
    'box goes on running.\nGet in with: banger vm exec -it box   Delete it with: banger vm delete box\n',
  );
  expect(daemon.callsOf('vm.exec')).toEqual([{ vm: VM_ID, argv: ['uname'] }]);
  expect(daemon.callsOf('vm.delete')).toEqual([]);
});

test.each(['--quiet', '--json'])('%s: nothing but the command', async (option) => {
  await using daemon = await start();
  const io = new FakeIo();
  expect(await io.run('run', 'debian', option, '--socket', daemon.socketPath, 'uname')).toBe(3);
  expect([io.stdout.text, io.stderr.text]).toEqual(['Linux\n', '']);
});

test('on a terminal the stages vanish when the command begins', async () => {
  await using daemon = await start();
  const io = new FakeIo({ tty: 'stderr' });
  await io.run('run', 'debian', '--rm', '--socket', daemon.socketPath, 'uname');
  expect(io.stderr.text.endsWith('\u001B[J') || io.stderr.text === '').toBe(true);
});

describe('--rm deletes the VM', () => {
  test('after the command, whose status stays', async () => {
    await using daemon = await start();
    const io = new FakeIo();
    expect(await io.run('vm', 'run', 'debian', '--rm', '--socket', daemon.socketPath, 'uname')).toBe(3);
    expect(daemon.callsOf('vm.delete')).toEqual([{ vm: VM_ID, idempotencyKey: expect.any(String) as string }]);
    expect(io.stderr.text).not.toContain('goes on running');
  });

  test('when the command cannot be run', async () => {
    await using daemon = await start();
    daemon.handlers['vm.exec'] = () => refuse({ code: 'guest_unreachable', message: 'no answer' });
    const io = new FakeIo();
    expect(await io.run('vm', 'run', 'debian', '--rm', '--socket', daemon.socketPath, 'uname')).toBe(125);
    expect(daemon.callsOf('vm.delete')).toHaveLength(1);
    expect(io.stderr.text).toContain('error: no answer');
  });

  test('when the stream breaks', async () => {
    await using daemon = await start();
    daemon.onStream = (stream) => stream.break();
    expect(await new FakeIo().run('vm', 'run', 'debian', '--rm', '--socket', daemon.socketPath, 'uname')).toBe(125);
    expect(daemon.callsOf('vm.delete')).toHaveLength(1);
  });

  test('when the terminal goes away', async () => {
    await using daemon = await start();
    const io = new FakeIo();
    daemon.onStream = async (stream) => {
      stream.send('stdout', 'ready');
      await io.stdout.saw(/ready/);
      io.signal('SIGHUP');
    };
    expect(await io.run('vm', 'run', 'debian', '--rm', '--socket', daemon.socketPath, 'sleep', '9')).toBe(129);
    expect(daemon.callsOf('vm.delete')).toHaveLength(1);
  });

  test('when Ctrl-C came too late to cancel the create', async () => {
    const operations = new FakeOperations();
    await using daemon = await start(operations);
    operations.onCancel = () => {};
    const io = new FakeIo();
    const succeed = operations.onWait;
    operations.onWait = (operation) => {
      if (operation.kind === 'vm.create') io.signal('SIGINT');
      succeed(operation);
    };
    expect(await io.run('vm', 'run', 'debian', '--rm', '--socket', daemon.socketPath, 'uname')).toBe(130);
    expect(daemon.callsOf('vm.exec')).toEqual([]);
    expect(daemon.callsOf('vm.delete')).toHaveLength(1);
  });

  test('and a failure of that is told, with the status of the command if it failed too', async () => {
    await using daemon = await start();
    daemon.handlers['vm.delete'] = () => refuse({ code: 'undo_incomplete', message: 'a TAP is left' });
    const io = new FakeIo();
    expect(await io.run('vm', 'run', 'debian', '--rm', '--socket', daemon.socketPath, 'uname')).toBe(3);
    expect(io.stderr.text).toContain('error: a TAP is left');
    daemon.onStream = (stream) => stream.exit({ status: 0, signal: null });
    expect(await new FakeIo().run('vm', 'run', 'debian', '--rm', '--socket', daemon.socketPath, 'uname')).toBe(125);
  });

  test('Ctrl-C meanwhile says what goes on, the next one leaves', async () => {
    const operations = new FakeOperations();
    await using daemon = await start(operations);
    const io = new FakeIo();
    const succeed = operations.onWait;
    operations.onWait = (operation) => {
      if (operation.kind !== 'vm.delete') return succeed(operation);
      io.signal('SIGINT');
      io.signal('SIGINT');
    };
    expect(await io.run('vm', 'run', 'debian', '--rm', '--socket', daemon.socketPath, 'uname')).toBe(3);
    expect(io.stderr.text).toContain('Still deleting box; press Ctrl-C again');
    expect(io.stderr.text).toContain('the daemon goes on');
  });
});

test('Ctrl-C during the create cancels it: there is nothing to delete', async () => {
  const operations = new FakeOperations();
  await using daemon = await start(operations);
  const io = new FakeIo();
  operations.onWait = () => io.signal('SIGINT');
  expect(await io.run('vm', 'run', 'debian', '--rm', '--socket', daemon.socketPath, 'uname')).toBe(130);
  expect(daemon.callsOf('op.cancel')).toHaveLength(1);
  expect(daemon.callsOf('vm.delete')).toEqual([]);
  expect(daemon.callsOf('vm.exec')).toEqual([]);
});

test('a mistake in the command line is found before anything is made', async () => {
  await using daemon = await start();
  for (const words of [
    ['-t', 'debian', 'ls'],
    ['debian'],
    ['debian', '--memory', '512', 'ls'],
    ['debian', '-e', '=', 'ls'],
  ]) {
    expect(await new FakeIo().run('vm', 'run', '--socket', daemon.socketPath, ...words)).toBe(125);
  }
  expect(daemon.calls).toEqual([]);
});
