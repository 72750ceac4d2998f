import { describe, expect, test } from 'vitest';
import type { Handlers } from '../../test/fake-daemon.ts';
import { FakeDaemon, refuse } from '../../test/fake-daemon.ts';
import { FakeIo } from '../../test/fake-io.ts';
import type { FakeOperation } from '../../test/fake-operations.ts';
import { FakeOperations } from '../../test/fake-operations.ts';
import { sampleVm, VM_ID } from '../../test/samples.ts';

function handlers(operations: FakeOperations, created: () => void = () => {}): Handlers {
  return {
    ...operations.handlers,
    'vm.create': () => {
      const operation = operations.begin('vm.create').snapshot();
      created();
      return { operation };
    },
    'vm.show': () => sampleVm(),
  };
}

/** Moves the newest operation on whenever the client has seen where it is. */
function succeed(operations: FakeOperations): void {
  const steps: ((operation: FakeOperation) => void)[] = [
    (operation) => operation.stage('disk', { state: 'done', durationMs: 120 }),
    (operation) => operation.stage('boot', { state: 'running', fraction: 0.5 }),
    (operation) => operation.stage('boot', { state: 'done', durationMs: 2100 }).end('succeeded', VM_ID),
  ];
  operations.onWait = (operation) => void setImmediate(() => steps.shift()?.(operation));
}

function whenWaiting(operations: FakeOperations, action: () => void): void {
  let done = false;
  operations.onWait = () => {
    if (!done) action();
    done = true;
  };
}

describe('vm create', () => {
  test('prints the name, shows stages as lines, says how to get in', async () => {
    const operations = new FakeOperations();
    await using daemon = await FakeDaemon.start(handlers(operations, () => succeed(operations)));
    const io = new FakeIo();
    const words = ['--name', 'box', '--vcpus', '2', '--memory', '1G', '--disk', '20G', '--work-disk', '2G'];
    expect(await io.run('vm', 'create', 'debian', ...words, '--socket', daemon.socketPath)).toBe(0);
    expect(io.stdout.text).toBe('box\n');
    expect(io.stderr.text).toContain('disk: done (0.1 s)\n');
    expect(io.stderr.text).toContain(
      'boot: done (2.1 s)\nbox runs at 172.30.0.2.\nGet in with: banger vm exec -it box\n',
    );
    expect(daemon.callsOf('vm.create')).toEqual([
      {
        image: 'debian',
        name: 'box',
        vcpus: 2,
        memoryMib: 1024,
        diskBytes: 20 * 2 ** 30,
        workDiskBytes: 2 * 2 ** 30,
        idempotencyKey: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
      },
    ]);
    expect(io.listening).toBe(0);
  });

  test('--json has the operation and the VM, and nothing else is said', async () => {
    const operations = new FakeOperations();
    await using daemon = await FakeDaemon.start(handlers(operations, () => succeed(operations)));
    const io = new FakeIo();
    expect(await io.run('vm', 'create', 'debian', '--json', '--socket', daemon.socketPath)).toBe(0);
    expect(JSON.parse(io.stdout.text)).toEqual({ operation: operations.all[0]!.snapshot(), vm: sampleVm() });
    expect(io.stderr.text).toBe('');
  });

  test('on a terminal the stages are drawn and stay', async () => {
    const operations = new FakeOperations();
    await using daemon = await FakeDaemon.start(handlers(operations, () => succeed(operations)));
    const io = new FakeIo({ tty: 'stderr' });
    expect(await io.run('vm', 'create', 'debian', '--no-color', '--socket', daemon.socketPath)).toBe(0);
    expect(io.stderr.text).toContain('boot [==========          ]  50%');
    expect(io.stderr.text).toMatch(/✓ disk {2}0\.1 s\n✓ boot {2}2\.1 s\nbox runs/);
  });

  test('a failed operation is its error, with the status of its class', async () => {
    const operations = new FakeOperations();
    const fail = (): void =>
      void operations.all[0]!.end('failed', null, {
        code: 'disk_full',
        message: 'too little space',
        remediation: 'Make some.',
        details: { lastLines: ['last line'] },
      });
    await using daemon = await FakeDaemon.start(handlers(operations, () => setImmediate(fail)));
    const io = new FakeIo();
    expect(await io.run('vm', 'create', 'debian', '--socket', daemon.socketPath)).toBe(6);
    expect(io.stderr.text).toContain('error: too little space\n  last line\nMake some.\n');
    expect(io.stdout.text).toBe('');
  });
});

test('what the daemon says of fields is said of options', async () => {
  const fields = [{ field: 'name', problem: 'use lower-case letters' }];
  await using daemon = await FakeDaemon.start({
    'vm.create': () => refuse({ code: 'invalid_params', message: 'vm.create: name: no', details: { fields } }),
  });
  const io = new FakeIo();
  expect(await io.run('vm', 'create', 'debian', '--memory', '1G', '--socket', daemon.socketPath)).toBe(2);
  expect(io.stderr.text).toBe('error: --name: use lower-case letters\n');
});

describe('Ctrl-C during vm create', () => {
  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)('%s cancels, waits until all is undone, and ends with %i', async (signal, status) => {
    const operations = new FakeOperations();
    operations.onCancel = (operation) => {
      operation.stage('disk', { state: 'undone' });
      setImmediate(() => operation.end('cancelled'));
    };
    const io = new FakeIo();
    await using daemon = await FakeDaemon.start(
      handlers(operations, () => whenWaiting(operations, () => io.signal(signal))),
    );
    expect(await io.run('vm', 'create', 'debian', '--socket', daemon.socketPath)).toBe(status);
    expect(io.stderr.text).toContain('Cancelling and undoing what was done');
    expect(io.stderr.text).toContain('disk: undone');
    expect(io.stderr.text).toContain('everything is undone');
    expect(daemon.callsOf('op.cancel')).toHaveLength(1);
    expect(io.stdout.text).toBe('');
  });

  test('before the daemon answered, it is cancelled as soon as it did', async () => {
    const operations = new FakeOperations();
    const io = new FakeIo();
    const late = handlers(operations);
    await using daemon = await FakeDaemon.start({
      ...late,
      'vm.create': async (params) => {
        io.signal('SIGINT');
        await new Promise(setImmediate);
        return await late['vm.create']!(params);
      },
    });
    expect(await io.run('vm', 'create', 'debian', '--socket', daemon.socketPath)).toBe(130);
    expect(daemon.callsOf('op.cancel')).toEqual([{ operation: operations.all[0]!.id }]);
  });

  test('too late: the VM is there, and the user is told', async () => {
    const operations = new FakeOperations();
    operations.onCancel = (operation) => operation.end('succeeded', VM_ID);
    const io = new FakeIo();
    await using daemon = await FakeDaemon.start(
      handlers(operations, () => whenWaiting(operations, () => io.signal('SIGINT'))),
    );
    expect(await io.run('vm', 'create', 'debian', '--socket', daemon.socketPath)).toBe(130);
    expect(io.stderr.text).toContain('Too late to cancel: box runs at 172.30.0.2.');
  });

  test('the second one leaves it to the daemon', async () => {
    const operations = new FakeOperations();
    const io = new FakeIo();
    operations.onCancel = () => setImmediate(() => io.signal('SIGINT'));
    await using daemon = await FakeDaemon.start(
      handlers(operations, () => whenWaiting(operations, () => io.signal('SIGINT'))),
    );
    expect(await io.run('vm', 'create', 'debian', '--socket', daemon.socketPath)).toBe(130);
    expect(io.stderr.text).toContain('the daemon goes on undoing');
  });
});

describe('a daemon that goes away', () => {
  test('in the middle: the operation is followed again after its restart', async () => {
    const operations = new FakeOperations();
    let restarted: Promise<void> | undefined;
    await using daemon = await FakeDaemon.start(
      handlers(operations, () => {
        setImmediate(() => {
          restarted = daemon.die().then(async () => {
            operations.all[0]!.end('failed', null, { code: 'operation_interrupted', message: 'the daemon ended' });
            await daemon.listen();
          });
        });
      }),
    );
    const io = new FakeIo();
    expect(await io.run('vm', 'create', 'debian', '--socket', daemon.socketPath)).toBe(5);
    await restarted;
    expect(io.stderr.text).toContain('trying to get it back');
    expect(io.stderr.text).toContain('error: the daemon ended');
  });

  test('before it answered: the call is repeated with its key', async () => {
    const operations = new FakeOperations();
    const whole = handlers(operations, () => succeed(operations));
    let restarted: Promise<void> | undefined;
    await using daemon = await FakeDaemon.start({
      ...whole,
      'vm.create': async (params) => {
        if (restarted !== undefined) return await whole['vm.create']!(params);
        restarted = daemon.die().then(() => daemon.listen());
        return await new Promise(() => {});
      },
    });
    const io = new FakeIo();
    expect(await io.run('vm', 'create', 'debian', '--socket', daemon.socketPath)).toBe(0);
    await restarted;
    const [first, second] = daemon.callsOf('vm.create');
    expect(second).toEqual(first);
  });
});
