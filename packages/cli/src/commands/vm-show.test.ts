import { expect, test } from 'vitest';
import { FakeDaemon, refuse } from '../../test/fake-daemon.ts';
import { FakeIo } from '../../test/fake-io.ts';
import { sampleRow, sampleVm } from '../../test/samples.ts';

test('for people and for programs', async () => {
  const vm = sampleVm({ stateReason: 'started by hand\u001B[2J' });
  await using daemon = await FakeDaemon.start({ 'vm.show': () => vm });
  const io = new FakeIo();
  expect(await io.run('vm', 'show', 'box', '--socket', daemon.socketPath)).toBe(0);
  expect(io.stdout.text).toMatch(/^Name: +box\nId: +00112233445566aa\nState: +running \(started by hand\)\n/);
  expect(io.stdout.text).toMatch(/^Last start: +boot 2\.1 s$/m);
  expect(daemon.callsOf('vm.show')).toEqual([{ vm: 'box' }]);
  const json = new FakeIo();
  await json.run('vm', 'inspect', 'box', '--json', '--socket', daemon.socketPath);
  expect(JSON.parse(json.stdout.text)).toEqual(vm);
});

test('a mistyped name is recognized', async () => {
  await using daemon = await FakeDaemon.start({
    'vm.show': () =>
      refuse({ code: 'vm_not_found', message: 'no VM is called bxo', remediation: 'See banger vm list.' }),
    'vm.list': () => ({ vms: [sampleRow({ name: 'web' }), sampleRow()] }),
  });
  const io = new FakeIo();
  expect(await io.run('vm', 'show', 'bxo', '--socket', daemon.socketPath)).toBe(3);
  expect(io.stderr.text).toBe('error: no VM is called bxo\nDid you mean box? See banger vm list.\n');
});

test('an ambiguous one is a usage error', async () => {
  await using daemon = await FakeDaemon.start({
    'vm.show': () => refuse({ code: 'vm_ambiguous', message: 'b fits box and bar' }),
  });
  const io = new FakeIo();
  expect(await io.run('vm', 'show', 'b', '--socket', daemon.socketPath, '--json')).toBe(2);
  expect(JSON.parse(io.stderr.text)).toEqual({ error: { code: 'vm_ambiguous', message: 'b fits box and bar' } });
});
