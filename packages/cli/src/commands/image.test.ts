import { describe, expect, test } from 'vitest';
import { FakeDaemon, refuse } from '../../test/fake-daemon.ts';
import { FakeIo } from '../../test/fake-io.ts';
import { FakeOperations } from '../../test/fake-operations.ts';
import { sampleImage } from '../../test/samples.ts';

const list = {
  images: [sampleImage()],
  catalog: [
    { name: 'debian:13', aliases: ['debian'], kind: 'debian' as const, description: '', imageId: sampleImage().id },
    { name: 'debian:12', aliases: [], kind: 'debian' as const, description: '', imageId: null },
  ],
};

test('image list: what is here, what could be', async () => {
  await using daemon = await FakeDaemon.start({ 'image.list': () => list });
  const io = new FakeIo();
  expect(await io.run('image', 'ls', '--socket', daemon.socketPath)).toBe(0);
  expect(io.stdout.text).toMatch(/^debian:13 {2}aaaabbbbccccdddd {2}1 GiB {2}380 MiB {2}6\.12\.1 .* box$/m);
  expect(io.stdout.text).toMatch(/^debian:12 {2}not pulled/m);
  expect(io.stderr.text).toBe('debian:13 is also called debian\n');
  const json = new FakeIo();
  await json.run('images', '--json', '--socket', daemon.socketPath);
  expect(JSON.parse(json.stdout.text)).toEqual(list);
});

test('image show', async () => {
  await using daemon = await FakeDaemon.start({ 'image.show': () => sampleImage() });
  const io = new FakeIo();
  expect(await io.run('image', 'show', 'debian', '--socket', daemon.socketPath)).toBe(0);
  expect(io.stdout.text).toMatch(/^Size: +1 GiB, 380 MiB on disk$/m);
});

describe('image pull', () => {
  test('shows how it gets on', async () => {
    const operations = new FakeOperations();
    operations.onWait = (operation) =>
      void setImmediate(() => operation.stage('fetch', { state: 'done', durationMs: 31_000 }).end('succeeded'));
    await using daemon = await FakeDaemon.start({
      ...operations.handlers,
      'image.pull': () => ({
        operation: operations
          .begin('image.pull', ['fetch'])
          .stage('fetch', { state: 'running', message: 'installing packages' })
          .snapshot(),
      }),
      'image.show': () => sampleImage(),
    });
    const io = new FakeIo();
    expect(await io.run('image', 'pull', 'debian', '--socket', daemon.socketPath)).toBe(0);
    expect(io.stdout.text).toBe('debian:13\n');
    expect(io.stderr.text).toBe(
      'fetch: installing packages\nfetch: done (31.0 s)\ndebian:13 is here: 380 MiB on disk.\n',
    );
    expect(daemon.callsOf('image.show')).toEqual([{ image: 'debian' }]);
  });

  test('Ctrl-C cancels it', async () => {
    const operations = new FakeOperations();
    const io = new FakeIo();
    operations.onWait = () => io.signal('SIGINT');
    await using daemon = await FakeDaemon.start({
      ...operations.handlers,
      'image.pull': () => ({ operation: operations.begin('image.pull').snapshot() }),
    });
    expect(await io.run('image', 'pull', 'debian', '--socket', daemon.socketPath, '--json')).toBe(130);
    expect(JSON.parse(io.stderr.text)).toMatchObject({ error: { code: 'operation_cancelled' } });
  });
});

test('image delete: each is reported', async () => {
  await using daemon = await FakeDaemon.start({
    'image.delete': ({ image }) =>
      image === 'used' ? refuse({ code: 'image_in_use', message: 'VM box uses it' }) : { freedBytes: 2 ** 20 },
  });
  const io = new FakeIo();
  expect(await io.run('image', 'rm', 'old', 'used', '--socket', daemon.socketPath)).toBe(4);
  expect(io.stdout.text).toBe('old\n');
  expect(io.stderr.text).toBe('1 MiB are free again.\nerror: VM box uses it\n');
  const json = new FakeIo();
  await json.run('image', 'rm', 'old', 'used', '--json', '--socket', daemon.socketPath);
  expect(JSON.parse(json.stdout.text)).toEqual({
    results: [
      { image: 'old', freedBytes: 2 ** 20 },
      { image: 'used', error: { code: 'image_in_use', message: 'VM box uses it' } },
    ],
  });
});
