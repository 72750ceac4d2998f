import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CommandError } from '@banger/system';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { FakeHost } from './fake-host.ts';
import type { MicrovmSpec } from './spec.ts';
import { startMicrovm } from './start.ts';

let directory: string;
let host: FakeHost;
let spec: MicrovmSpec;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'start-'));
  host = new FakeHost();
  spec = {
    tag: 'test-1',
    directory,
    accelerator: 'tcg',
    vcpus: 1,
    memoryMib: 64,
    kernelPath: '/vmlinux',
    kernelArguments: [],
    drives: [],
  };
});

afterEach(async () => {
  await host.close();
  await rm(directory, { recursive: true });
});

test('starts in the directory of the machine and is there when QEMU answers', async () => {
  await writeFile(join(directory, 'console.log'), 'Kernel panic - not syncing: of an earlier run');
  const microvm = await startMicrovm(host, spec);
  expect(microvm.identity).toEqual(host.identity);
  expect(host.spawned[0]?.options).toEqual({
    cwd: directory,
    logPath: join(directory, 'vmm-1.log'),
    privileged: false,
  });
  expect(await readdir(directory)).not.toContain('console.log');
  await expect(microvm.status()).resolves.toEqual({ status: 'running', running: true });
  microvm.release();
});

test('an end during the start says why, and leaves nothing', async () => {
  host.log = 'qemu-system-x86_64: -netdev x: could not configure /dev/net/tun (bt0): Device or resource busy\n';
  host.onSpawn = async () => host.die();
  await expect(startMicrovm(host, spec)).rejects.toMatchObject({ code: 'tap_busy', log: host.log });
  expect(await readdir(directory)).toEqual([]);
});

test('an end after QEMU has opened its socket says why too', async () => {
  host.log = "qemu: could not open kernel file 'nope': No such file or directory\n";
  host.onSpawn = async (path) => {
    await host.listen(path);
    host.server?.answers.set('qmp_capabilities', () => host.die());
  };
  await expect(startMicrovm(host, spec)).rejects.toMatchObject({ code: 'file_unusable' });
  expect((await readdir(directory)).filter((name) => name !== 'qmp.sock')).toEqual([]);
});

test('an abort at any time kills QEMU, keeps its reason, and leaves nothing', async () => {
  const abort = new AbortController();
  host.onSpawn = async () => void setTimeout(() => abort.abort(new Error('enough')), 10);
  await expect(startMicrovm(host, spec, { signal: abort.signal })).rejects.toThrow('enough');
  expect(host.signals).toEqual(['SIGKILL']);
  expect(await readdir(directory)).toEqual([]);
});

test('a QEMU that never answers is given up', async () => {
  host.onSpawn = async (path) => {
    await host.listen(path);
    if (host.server) host.server.greets = false;
  };
  await expect(startMicrovm(host, spec, { timeoutMs: 30 })).rejects.toMatchObject({ code: 'qmp_timeout' });
  expect(host.live).toBe(false);
});

test('a missing program and a missing TAP device are told before anything is left', async () => {
  host.onSpawn = async () => {
    await rm(join(directory, 'vmm-1.log'));
    throw new CommandError({ argv: ['qemu'], summary: 'was not found', notFound: true });
  };
  await expect(startMicrovm(host, spec)).rejects.toMatchObject({ code: 'qemu_missing' });
  const network = { tap: 'no-such-tap', mac: '02:fc:00:00:00:01' };
  await expect(startMicrovm(host, { ...spec, network })).rejects.toMatchObject({ code: 'tap_unusable' });
  expect(host.spawned).toHaveLength(1);
  expect(await readdir(directory)).toEqual([]);
});
