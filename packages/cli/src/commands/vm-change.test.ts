import { describe, expect, test } from 'vitest';
import type { Handlers } from '../../test/fake-daemon.ts';
import { FakeDaemon, refuse } from '../../test/fake-daemon.ts';
import { FakeIo } from '../../test/fake-io.ts';
import { FakeOperations } from '../../test/fake-operations.ts';
import { sampleRow, VM_ID } from '../../test/samples.ts';

const verbs = ['start', 'stop', 'restart', 'kill', 'delete'] as const;

/** Every change succeeds, but not for a VM that is called gone, nor for one that is called busy. */
function handlers(operations: FakeOperations): Handlers {
  const change = (kind: string, vm: string): { operation: ReturnType<FakeOperations['begin']>['snapshot'] } => {
    if (vm === 'gone') refuse({ code: 'vm_not_found', message: 'no VM gone' });
    if (vm === 'busy') refuse({ code: 'vm_wrong_state', message: 'busy is starting' });
    const operation = operations.begin(kind);
    setImmediate(() => operation.end('succeeded', VM_ID));
    return { operation: operation.snapshot() as never };
  };
  const all = verbs.map((verb) => [`vm.${verb}`, ({ vm }: { vm: string }) => change(`vm.${verb}`, vm)]);
  return {
    ...operations.handlers,
    ...(Object.fromEntries(all) as Handlers),
    'vm.list': () => ({ vms: [sampleRow({ name: 'gones' })] }),
  };
}

test.each(verbs)('vm %s of one VM', async (verb) => {
  await using daemon = await FakeDaemon.start(handlers(new FakeOperations()));
  const io = new FakeIo();
  expect(await io.run('vm', verb, 'box', '--socket', daemon.socketPath)).toBe(0);
  expect(io.stdout.text).toBe('box\n');
  expect(daemon.callsOf(`vm.${verb}`)).toEqual([{ vm: 'box', idempotencyKey: expect.any(String) as string }]);
  expect(io.listening).toBe(0);
});

test('the grace of stop and restart, in milliseconds', async () => {
  await using daemon = await FakeDaemon.start(handlers(new FakeOperations()));
  await new FakeIo().run('vm', 'stop', 'box', '--grace', '5s', '--socket', daemon.socketPath);
  await new FakeIo().run('vm', 'restart', 'box', '--grace', '0', '--socket', daemon.socketPath);
  expect(daemon.callsOf('vm.stop')).toMatchObject([{ graceMs: 5000 }]);
  expect(daemon.callsOf('vm.restart')).toMatchObject([{ graceMs: 0 }]);
});

describe('several VMs', () => {
  test('each is done and named once, in their order', async () => {
    await using daemon = await FakeDaemon.start(handlers(new FakeOperations()));
    const io = new FakeIo();
    const names = Array.from({ length: 20 }, (_, index) => `box-${index}`);
    expect(await io.run('vm', 'rm', ...names, 'box-1', '--socket', daemon.socketPath)).toBe(0);
    expect(io.stdout.text.trim().split('\n')).toEqual(names);
    const keys = daemon.callsOf('vm.delete').map(({ idempotencyKey }) => idempotencyKey);
    expect(new Set(keys).size).toBe(20);
  });

  test('those that fail are reported, the others are done; failures of one kind have its status', async () => {
    await using daemon = await FakeDaemon.start(handlers(new FakeOperations()));
    const io = new FakeIo();
    expect(await io.run('vm', 'stop', 'a', 'gone', 'b', '--socket', daemon.socketPath)).toBe(3);
    expect(io.stdout.text).toBe('a\nb\n');
    expect(io.stderr.text).toContain('error: no VM gone\nDid you mean gones?\n');
    const mixed = new FakeIo();
    expect(await mixed.run('vm', 'stop', 'busy', 'gone', '--socket', daemon.socketPath)).toBe(1);
  });

  test('--json has a result for each', async () => {
    await using daemon = await FakeDaemon.start(handlers(new FakeOperations()));
    const io = new FakeIo();
    expect(await io.run('vm', 'kill', 'a', 'busy', '--json', '--socket', daemon.socketPath)).toBe(4);
    expect(JSON.parse(io.stdout.text)).toEqual({
      results: [
        { vm: 'a', operation: expect.objectContaining({ kind: 'vm.kill', state: 'succeeded' }) as object },
        { vm: 'busy', error: { code: 'vm_wrong_state', message: 'busy is starting' } },
      ],
    });
    expect(io.stderr.text).toBe('');
  });
});

test('Ctrl-C cancels a start, but leaves a delete to the daemon', async () => {
  const operations = new FakeOperations();
  await using daemon = await FakeDaemon.start({
    ...operations.handlers,
    'vm.start': () => ({ operation: operations.begin('vm.start').snapshot() }),
    'vm.delete': () => ({ operation: operations.begin('vm.delete').snapshot() }),
  });
  const start = new FakeIo();
  operations.onWait = () => start.signal('SIGINT');
  expect(await start.run('vm', 'start', 'box', '--socket', daemon.socketPath)).toBe(130);
  expect(daemon.callsOf('op.cancel')).toHaveLength(1);

  const remove = new FakeIo();
  operations.onWait = () => {
    remove.signal('SIGINT');
    remove.signal('SIGINT');
  };
  expect(await remove.run('vm', 'delete', 'box', '--socket', daemon.socketPath)).toBe(130);
  expect(remove.stderr.text).toContain('Still deleting box; press Ctrl-C again');
  expect(remove.stderr.text).toContain('Left while still deleting box; the daemon goes on');
  expect(daemon.callsOf('op.cancel')).toHaveLength(1);
});
