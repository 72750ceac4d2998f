import { describe, expect, test } from 'vitest';
import type { Handlers } from '../../test/fake-daemon.ts';
import { FakeDaemon, refuse } from '../../test/fake-daemon.ts';
import { FakeIo } from '../../test/fake-io.ts';
import { sampleRow } from '../../test/samples.ts';

const handlers: Handlers = { 'vm.exec': () => ({ ticket: 't1', expiresInMs: 10_000 }) };

async function* endless(): AsyncIterable<Uint8Array> {
  for (;;) {
    await new Promise(setImmediate);
    yield Buffer.from('x'.repeat(1000));
  }
}

/** Input that never comes. */
const silence: AsyncIterable<Uint8Array> = { [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => {}) }) };

describe('streams and status', () => {
  test('stdout and stderr apart, the status of the command', async () => {
    await using daemon = await FakeDaemon.start(handlers);
    daemon.onStream = async (stream) => {
      await stream.readInput();
      stream.send('stdout', 'out\u001B[31m');
      stream.send('stderr', 'err');
      stream.exit({ status: 7, signal: null });
    };
    const io = new FakeIo();
    const words = ['-e', 'A=1', '-e', 'HERE', '-e', 'GONE', '-w', '/tmp', '--', 'sh', '-c', 'exit 7'];
    io.environment['HERE'] = 'yes';
    expect(await io.run('exec', 'box', '--socket', daemon.socketPath, ...words)).toBe(7);
    expect(io.stdout.text).toBe('out\u001B[31m');
    expect(io.stderr.text).toBe('GONE is not set here, so it is not set for the command either.\nerr');
    expect(daemon.callsOf('vm.exec')).toEqual([
      { vm: 'box', argv: ['sh', '-c', 'exit 7'], env: { A: '1', HERE: 'yes' }, workdir: '/tmp' },
    ]);
    expect(io.listening).toBe(0);
  });

  test.each([
    ['KILL', 137],
    ['TERM', 143],
    ['UNHEARDOF', 255],
  ])('a command that SIG%s ended has status %i', async (signal, status) => {
    await using daemon = await FakeDaemon.start(handlers);
    daemon.onStream = (stream) => stream.exit({ status: null, signal });
    expect(await new FakeIo().run('vm', 'exec', 'box', '--socket', daemon.socketPath, 'x')).toBe(status);
  });

  test('without -i the command finds an empty input, with it ours', async () => {
    await using daemon = await FakeDaemon.start(handlers);
    daemon.onStream = async (stream) => {
      stream.send('stdout', `[${(await stream.readInput()).toString()}]`);
      stream.exit({ status: 0, signal: null });
    };
    const without = new FakeIo({ stdin: 'some input' });
    await without.run('vm', 'exec', 'box', '--socket', daemon.socketPath, 'cat');
    expect(without.stdout.text).toBe('[]');
    const large = 'line\n'.repeat(200_000);
    const withInput = new FakeIo({ stdin: large });
    await withInput.run('vm', 'exec', '-i', 'box', '--socket', daemon.socketPath, 'cat');
    expect(withInput.stdout.text).toBe(`[${large}]`);
  });

  test('a command that ends without reading its input does not hold us', async () => {
    await using daemon = await FakeDaemon.start(handlers);
    daemon.onStream = (stream) => stream.exit({ status: 0, signal: null });
    const io = new FakeIo({ stdin: endless() });
    expect(await io.run('vm', 'exec', '-i', 'box', '--socket', daemon.socketPath, 'true')).toBe(0);
  });

  test('-i without a command is a shell that reads its commands from the input', async () => {
    await using daemon = await FakeDaemon.start(handlers);
    daemon.onStream = async (stream) => {
      await stream.readInput();
      stream.exit({ status: 0, signal: null });
    };
    await new FakeIo({ stdin: 'ls\n' }).run('vm', 'exec', '-i', 'box', '--socket', daemon.socketPath);
    expect(daemon.callsOf('vm.exec')[0]!.argv).toEqual(['/bin/sh', '-c', 'exec "${SHELL:-/bin/sh}" -l']);
  });
});

describe('when banger fails, not the command, the status is 125', () => {
  test.each([
    [{ code: 'guest_unreachable', message: 'no answer' }, 'error: no answer\n'],
    [{ code: 'vm_not_found', message: 'no VM bxo' }, 'error: no VM bxo\nDid you mean box?\n'],
  ] as const)('%o', async (error, text) => {
    await using daemon = await FakeDaemon.start({
      'vm.exec': () => refuse(error),
      'vm.list': () => ({ vms: [sampleRow()] }),
    });
    const io = new FakeIo();
    expect(await io.run('vm', 'exec', 'bxo', '--socket', daemon.socketPath, 'ls')).toBe(125);
    expect(io.stderr.text).toBe(text);
  });

  test('the stream fails, or breaks', async () => {
    await using daemon = await FakeDaemon.start(handlers);
    daemon.onStream = (stream) => stream.fail({ code: 'vm_died', message: 'the VM ended' });
    const failing = new FakeIo();
    expect(await failing.run('vm', 'exec', 'box', '--socket', daemon.socketPath, '--json', 'ls')).toBe(125);
    expect(JSON.parse(failing.stderr.text)).toEqual({ error: { code: 'vm_died', message: 'the VM ended' } });
    daemon.onStream = (stream) => stream.break();
    const breaking = new FakeIo();
    expect(await breaking.run('vm', 'exec', 'box', '--socket', daemon.socketPath, 'ls')).toBe(125);
    expect(breaking.stderr.text).toContain('the connection to the daemon broke');
  });

  test.each([
    [['-t'], 'the output is not a terminal'],
    [['-it'], 'the input is not a terminal'],
  ])('%o without a terminal', async (words, message) => {
    const io = new FakeIo();
    expect(await io.run('vm', 'exec', ...words, 'box', 'ls')).toBe(125);
    expect(io.stderr.text).toContain(`error: ${message}\nLeave -t out`);
  });

  test.each([
    [['box'], 'no command, and no terminal for a shell'],
    [['box', '-w', 'tmp', '--', 'ls'], '--workdir tmp is not an absolute path'],
    [[], 'VM is missing'],
  ])('%o', async (words, message) => {
    const io = new FakeIo();
    expect(await io.run('vm', 'exec', ...words)).toBe(125);
    expect(io.stderr.text).toContain(message);
  });
});

describe('signals go to the command', () => {
  test('as frames; its status is ours', async () => {
    const io = new FakeIo();
    await using daemon = await FakeDaemon.start(handlers);
    const seen: unknown[] = [];
    daemon.onStream = async (stream) => {
      stream.send('stdout', 'ready');
      void io.stdout.saw(/ready/).then(() => io.signal('SIGINT'));
      seen.push(await stream.nextControl());
      io.signal('SIGTERM');
      seen.push(await stream.nextControl());
      stream.exit({ status: 42, signal: null });
    };
    expect(await io.run('vm', 'exec', 'box', '--socket', daemon.socketPath, 'sleep', '9')).toBe(42);
    expect(seen).toEqual([
      { type: 'signal', value: { signal: 'INT' } },
      { type: 'signal', value: { signal: 'TERM' } },
    ]);
  });

  test('who asks three times leaves', async () => {
    const io = new FakeIo({ stdin: silence });
    await using daemon = await FakeDaemon.start(handlers);
    let closed = false;
    daemon.onStream = async (stream) => {
      stream.send('stdout', 'ready');
      await io.stdout.saw(/ready/);
      for (const signal of ['SIGINT', 'SIGINT', 'SIGINT'] as const) io.signal(signal);
      while ((await stream.next()) !== undefined);
      closed = true;
    };
    expect(await io.run('vm', 'exec', '-i', 'box', '--socket', daemon.socketPath, 'sleep', '9')).toBe(130);
    expect(io.stderr.text).toContain('Left the command, which may still run in the VM.');
    await expect.poll(() => closed).toBe(true);
  });

  test('with the terminal gone nobody could ask again', async () => {
    const io = new FakeIo({ tty: true, stdin: silence });
    await using daemon = await FakeDaemon.start(handlers);
    daemon.onStream = async (stream) => {
      stream.send('stdout', 'ready');
      await io.stdout.saw(/ready/);
      io.signal('SIGHUP');
    };
    expect(await io.run('vm', 'exec', 'box', '--socket', daemon.socketPath)).toBe(129);
    expect(io.stdin.raw).toBe(false);
  });
});

describe('a terminal', () => {
  test('without a command it is a login shell; raw meanwhile, resized along, restored', async () => {
    const io = new FakeIo({ tty: true, stdin: silence });
    await using daemon = await FakeDaemon.start(handlers);
    let resized: unknown;
    daemon.onStream = async (stream) => {
      stream.send('stdout', 'prompt');
      await io.stdout.saw(/prompt/);
      expect(io.stdin.raw).toBe(true);
      io.signal('SIGCONT');
      io.stdout.resize(132, 50);
      resized = await stream.nextControl();
      stream.exit({ status: 0, signal: null });
    };
    expect(await io.run('vm', 'exec', 'box', '--socket', daemon.socketPath)).toBe(0);
    expect(daemon.callsOf('vm.exec')).toEqual([
      {
        vm: 'box',
        argv: ['/bin/sh', '-c', 'exec "${SHELL:-/bin/sh}" -l'],
        tty: { term: 'xterm', columns: 80, rows: 24 },
      },
    ]);
    expect(resized).toEqual({ type: 'resize', value: { columns: 132, rows: 50 } });
    expect(io.stdin.rawModes).toEqual([true, false, true, false]);
    expect(io.listening).toBe(0);
  });

  test('-t alone does not read keys, so it leaves the terminal as it is', async () => {
    const io = new FakeIo({ tty: true, stdin: silence });
    await using daemon = await FakeDaemon.start(handlers);
    daemon.onStream = (stream) => stream.exit({ status: 0, signal: null });
    expect(await io.run('vm', 'exec', '-t', 'box', '--socket', daemon.socketPath, 'top', '-n1')).toBe(0);
    expect(io.stdin.rawModes).toEqual([]);
  });

  test('is restored when the stream breaks', async () => {
    const io = new FakeIo({ tty: true, stdin: silence });
    await using daemon = await FakeDaemon.start(handlers);
    daemon.onStream = (stream) => stream.break();
    expect(await io.run('vm', 'exec', '-it', 'box', '--socket', daemon.socketPath, 'sh')).toBe(125);
    expect(io.stdin.rawModes.at(-1)).toBe(false);
  });
});
