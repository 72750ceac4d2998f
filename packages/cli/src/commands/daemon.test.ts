import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FakeDaemon } from '../../test/fake-daemon.ts';
import { FakeIo } from '../../test/fake-io.ts';
import { sampleStatus } from '../../test/samples.ts';

const bangerd = fileURLToPath(new URL('../../test/fake-bangerd.ts', import.meta.url));
let folder = '';
let socket = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'banger-daemon-'));
  socket = join(folder, 'sock');
});
afterEach(() => rmSync(folder, { recursive: true }));

function newIo(behaviour = ''): FakeIo {
  const { PATH = '' } = process.env;
  return new FakeIo({ environment: { PATH, FAKE_BANGERD: behaviour, BANGER_BANGERD: bangerd, BANGER_SOCKET: socket } });
}

describe('daemon start, status and stop', () => {
  test('starts it, shows where it is, finds it running, stops it', async () => {
    const start = newIo();
    expect(await start.run('daemon', 'start', '--state-dir', folder, '--log-level', 'debug')).toBe(0);
    const log = join(folder, 'bangerd.log');
    const [, pid = ''] = /process (\d+)/.exec(start.stdout.text) ?? [];
    try {
      expect(start.stdout.text).toBe(`The daemon runs: process ${pid}, socket ${socket}, log ${log}\n`);
      // A session of its own: Ctrl-C for us is none for the daemon.
      expect(readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ')[3]).toBe(pid);

      const again = newIo();
      expect(await again.run('daemon', 'start')).toBe(0);
      expect(again.stdout.text).toBe(`The daemon runs already: process ${pid}, socket ${socket}\n`);

      const status = newIo();
      expect(await status.run('daemon', 'status')).toBe(0);
      expect(status.stdout.text).toMatch(new RegExp(`^Process: +${pid}, for 1 min, 80 MiB of memory$`, 'm'));
    } finally {
      const stop = newIo();
      expect(await stop.run('daemon', 'stop')).toBe(0);
      expect(stop.stdout.text).toBe('The daemon has stopped.\n');
      expect(stop.stderr.text).toContain('VMs go on running');
    }
    const gone = newIo();
    expect(await gone.run('daemon', 'stop', '--json')).toBe(0);
    expect(JSON.parse(gone.stdout.text)).toEqual({ stopped: false, pid: null });
    expect(await newIo().run('daemon', 'status')).toBe(5);
    await expect.poll(() => readFileSync(log, 'utf8')).toContain('listening');
  });

  test('one that dies early shows the end of its log', async () => {
    const io = newIo('broken');
    expect(await io.run('daemon', 'start', '--log', join(folder, 'log'))).toBe(6);
    expect(io.stderr.text).toBe(
      [
        'Starting the daemon ...',
        'error: bangerd ended at once with status 3',
        '  cannot open the database',
        '  bangerd: no way',
        `Its log is ${join(folder, 'log')}`,
        '',
      ].join('\n'),
    );
  });

  test('a log that cannot be written', async () => {
    const io = newIo();
    expect(await io.run('daemon', 'start', '--log', '/proc/nowhere/log')).toBe(6);
    expect(io.stderr.text).toContain('cannot write the log /proc/nowhere/log');
  });

  test('--json', async () => {
    await using daemon = await FakeDaemon.start({ 'daemon.status': () => sampleStatus() });
    const io = newIo();
    expect(await io.run('daemon', 'start', '--json', '--socket', daemon.socketPath)).toBe(0);
    expect(JSON.parse(io.stdout.text)).toEqual({ alreadyRunning: true, log: null, daemon: sampleStatus() });
    const status = newIo();
    await status.run('daemon', 'status', '--json', '--socket', daemon.socketPath);
    expect(JSON.parse(status.stdout.text)).toEqual(sampleStatus());
  });
});

describe('where bangerd is', () => {
  test('daemon run becomes it, with its options', async () => {
    const io = newIo();
    await io.run('daemon', 'run', '--config', '/etc/b.toml', '--run-dir', '/r');
    const words = ['--conditions=source', bangerd, '--socket', socket, '--config', '/etc/b.toml', '--run-dir', '/r'];
    expect(io.replaced).toEqual([process.execPath, ...words]);
  });

  test('the socket is handed on only when it was named', async () => {
    const io = new FakeIo({ environment: { BANGER_BANGERD: '/bin/true' } });
    await io.run('daemon', 'run');
    expect(io.replaced).toEqual(['/bin/true']);
  });

  test('named by option it goes before the environment; what is not there is said', async () => {
    const io = newIo();
    expect(await io.run('daemon', 'run', '--bangerd', '/nowhere/bangerd')).toBe(6);
    expect(io.stderr.text).toContain('bangerd is not at /nowhere/bangerd');
  });
});

describe('doctor', () => {
  test('without a daemon it asks the program', async () => {
    const io = newIo();
    expect(await io.run('doctor', '--state-dir', '/s')).toBe(0);
    expect(io.stdout.text).toContain('"state-dir":"/s"');
    expect(io.stdout.text).toContain('note     kvm: no KVM\n         Get it.\n');
    expect(io.stderr.text).toBe('No daemon runs: checking the host without it.\nThis host can run VMs.\n');
  });

  test('an error gives status 1; --quiet shows what matters', async () => {
    const io = newIo('unwell');
    expect(await io.run('doctor', '--quiet')).toBe(1);
    expect(io.stdout.text).toBe('error    kvm: no KVM\n         Get it.\n');
  });

  test('a program that gives no report', async () => {
    const io = newIo('broken');
    expect(await io.run('doctor')).toBe(6);
    expect(io.stderr.text).toContain('did not answer with a report');
    expect(io.stderr.text).toContain('bangerd: no way');
    const missing = newIo();
    missing.environment['BANGER_BANGERD'] = '/etc/passwd';
    expect(await missing.run('doctor')).toBe(6);
    expect(missing.stderr.text).toContain('cannot run /etc/passwd');
  });

  test('a daemon that runs is asked itself', async () => {
    const report = { ok: true, findings: [] };
    await using daemon = await FakeDaemon.start({ doctor: () => report });
    const io = new FakeIo();
    expect(await io.run('doctor', '--json', '--socket', daemon.socketPath)).toBe(0);
    expect(JSON.parse(io.stdout.text)).toEqual(report);
  });
});

describe('version', () => {
  test('ours and the one of the daemon', async () => {
    await using daemon = await FakeDaemon.start();
    const io = new FakeIo();
    expect(await io.run('version', '--socket', daemon.socketPath)).toBe(0);
    expect(io.stdout.text).toBe('banger 1.2.3 (protocol 1)\nbangerd 9.9.9 (protocol 1)\n');
  });

  test('without a daemon', async () => {
    const io = newIo();
    expect(await io.run('version', '--json')).toBe(0);
    expect(JSON.parse(io.stdout.text)).toEqual({ client: 'banger 1.2.3', protocol: 1, daemon: null });
    const short = newIo();
    expect(await short.run('--version')).toBe(0);
    expect(short.stdout.text).toBe('banger 1.2.3\n');
  });
});
