import { expect, test } from 'vitest';
import { FakeDaemon } from '../../test/fake-daemon.ts';
import { FakeIo } from '../../test/fake-io.ts';
import { sampleRow } from '../../test/samples.ts';

const rows = [sampleRow(), sampleRow({ id: 'ff112233445566aa', name: 'other-box', state: 'stopped', memoryMib: 2048 })];

async function list(io: FakeIo, ...words: string[]): Promise<{ status: number; daemon: FakeDaemon }> {
  await using daemon = await FakeDaemon.start({ 'vm.list': () => ({ vms: rows }) });
  return { status: await io.run('vm', 'list', '--socket', daemon.socketPath, ...words), daemon };
}

test('a table', async () => {
  const io = new FakeIo();
  expect((await list(io)).status).toBe(0);
  const lines = io.stdout.text.trimEnd().split('\n');
  expect(lines).toHaveLength(3);
  expect(lines[0]).toMatch(/^NAME +STATE +IMAGE +VCPUS +MEMORY +ADDRESS +AGE +ID$/);
  expect(lines[2]).toMatch(/^other-box {2}stopped {2}debian:13 {6}1 {4}2 GiB {2}172\.30\.0\.2 {2}.*ff112233445566aa$/);
  expect(io.stderr.text).toBe('');
});

test('--json is what the wire has, --quiet are names', async () => {
  const json = new FakeIo();
  await list(json, '--json');
  expect(JSON.parse(json.stdout.text)).toEqual({ vms: rows });
  const quiet = new FakeIo();
  await list(quiet, '-q');
  expect(quiet.stdout.text).toBe('box\nother-box\n');
});

test('on a terminal it fits and has colours, unless they are not wanted', async () => {
  const colored = new FakeIo({ tty: true });
  await list(colored);
  expect(colored.stdout.text).toContain('\u001B[1mNAME');
  for (const io of [new FakeIo({ tty: true, environment: { NO_COLOR: '1' } }), new FakeIo({ tty: true })]) {
    io.stdout.columns = 90;
    await list(io, ...(io.environment['NO_COLOR'] ? [] : ['--no-color']));
    expect(io.stdout.text).not.toContain('\u001B');
    for (const line of io.stdout.text.split('\n')) expect(line.length).toBeLessThanOrEqual(90);
  }
});

test('none yet', async () => {
  await using daemon = await FakeDaemon.start({ 'vm.list': () => ({ vms: [] }) });
  const io = new FakeIo({ environment: { BANGER_SOCKET: daemon.socketPath } });
  expect(await io.run('ls')).toBe(0);
  expect([io.stdout.text, io.stderr.text]).toEqual(['', 'No VMs. Make one with: banger vm run debian\n']);
});

test('without a daemon: what to type, with sudo where that is needed', async () => {
  const root = new FakeIo();
  expect(await root.run('vm', 'list', '--socket', '/nowhere/sock')).toBe(5);
  expect(root.stderr.text).toMatch(
    /no daemon runs.*\nStart the daemon with: banger --socket \/nowhere\/sock daemon start\n$/,
  );
  const user = new FakeIo({ isRoot: false });
  await user.run('vm', 'list', '--socket', '/nowhere/sock', '--json');
  expect(JSON.parse(user.stderr.text)).toMatchObject({
    error: {
      code: 'daemon_unreachable',
      remediation: 'Start the daemon with: sudo banger --socket /nowhere/sock daemon start',
    },
  });
});

test('a daemon of another protocol', async () => {
  await using daemon = await FakeDaemon.start({
    handshake: () => ({ protocol: 7, daemon: 'bangerd 8.0.0', instance: 'x' }),
    'vm.list': () => ({ vms: [] }),
  });
  const io = new FakeIo();
  expect(await io.run('vm', 'list', '--socket', daemon.socketPath)).toBe(2);
  expect(io.stderr.text).toContain('bangerd 8.0.0 speaks protocol 7');
});
