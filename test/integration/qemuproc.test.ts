import { mkdir, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { adoptMicrovm, connectQmp, findMicrovm, type Microvm, type MicrovmSpec, startMicrovm } from '@banger/qemuproc';
import * as processes from '@banger/system';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { host, MachineBench } from './machine/bench-host.ts';
import type { TinyKernelBehaviour } from './machine/tiny-kernel.ts';

let bench: MachineBench;
let spec: MicrovmSpec;

async function start(behaviour: TinyKernelBehaviour, change: Partial<MicrovmSpec> = {}): Promise<Microvm> {
  spec = { ...(await bench.spec(behaviour)), ...change };
  return await startMicrovm(host, spec);
}

beforeEach(async () => void (bench = await MachineBench.make()));
afterEach(async () => await bench[Symbol.asyncDispose]());

describe('a real QEMU with a kernel of a hundred bytes', () => {
  test('runs, is found, and ends in order when it is told to', async () => {
    const microvm = await start('idle');
    expect(await microvm.status()).toEqual({ status: 'running', running: true });
    expect(await findMicrovm(processes, spec)).toEqual(microvm.identity);
    const pid = Number(await readFile(join(bench.directory, 'vmm.pid'), 'utf8'));
    expect(pid).toBe(microvm.identity.pid);
    expect(await microvm.quit()).toMatchObject({ cause: 'host-quit', requested: false });
    expect(await findMicrovm(processes, spec)).toBeUndefined();
    const left = await readdir(bench.directory);
    expect(left).toContain('vmm-1.log');
    expect(left).not.toContain('qmp.sock');
    expect(left).not.toContain('vmm.pid');
  });

  test.each([
    ['poweroff', 'guest-shutdown', true],
    ['reset', 'guest-reset', true],
  ] as const)('%s is seen as %s', async (behaviour, cause, requested) => {
    // Paused at first: the end must not come before the connection.
    const microvm = await start(behaviour, { paused: true });
    expect(await microvm.status()).toEqual({ status: 'prelaunch', running: false });
    await microvm.resume();
    expect(await microvm.ended).toMatchObject({ cause, requested });
  });

  test('the power button reaches the guest', async () => {
    const microvm = await start('obey');
    await microvm.powerdown();
    expect(await microvm.ended).toMatchObject({ cause: 'guest-shutdown', requested: true });
  });

  test.each(['SIGKILL', 'SIGSEGV', 'SIGTERM'] as const)(
    '%s from outside is noticed within a second',
    async (signal) => {
      const microvm = await start('idle');
      const before = performance.now();
      process.kill(microvm.identity.pid, signal);
      const { cause, requested } = await microvm.ended;
      expect(performance.now() - before).toBeLessThan(1000);
      expect([cause, requested]).toEqual([signal === 'SIGTERM' ? 'host-signal' : 'unknown', false]);
      expect(await readdir(bench.directory)).not.toContain('qmp.sock');
    },
  );

  test('is adopted after its starter let go, and its end is told to the next', async () => {
    const first = await start('idle');
    first.release();
    const identity = await findMicrovm(processes, spec);
    if (!identity) throw new Error('not found');
    const next = await adoptMicrovm(processes, spec, identity);
    expect(await next?.status()).toMatchObject({ running: true });
    expect(await next?.kill()).toMatchObject({ cause: 'killed' });
    expect(await adoptMicrovm(processes, spec, identity)).toBeUndefined();
  });

  test('is adopted while somebody else holds its control socket', async () => {
    const first = await start('idle');
    first.release();
    const stranger = await connectQmp(join(bench.directory, 'qmp.sock'));
    const microvm = await adoptMicrovm(processes, spec, first.identity, { timeoutMs: 100 });
    await expect(microvm?.status()).rejects.toMatchObject({ code: 'qmp_closed' });
    stranger.close();
    await expect.poll(async () => await microvm?.status().catch(() => undefined), { timeout: 3000 }).toBeDefined();
    await microvm?.kill();
  });

  test('is killed also when it is frozen', async () => {
    const microvm = await start('idle');
    process.kill(microvm.identity.pid, 'SIGSTOP');
    expect(await microvm.kill()).toMatchObject({ cause: 'killed' });
    expect(await findMicrovm(processes, spec)).toBeUndefined();
  });

  test('a console that never stops does not fill the disk', async () => {
    const microvm = await start('babble');
    const path = join(bench.directory, 'console.log');
    let largest = 0;
    let cut = false;
    const until = performance.now() + 30_000;
    while (!cut && performance.now() < until) {
      const { size } = await stat(path);
      cut = size < largest;
      largest = Math.max(largest, size);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    expect(cut).toBe(true);
    expect((await readFile(path)).subarray(0, 100).toString()).toBe('x'.repeat(100)); // no hole where it was cut
    await microvm.kill();
  });
});

describe('a failed start', () => {
  const failure = async (change: Partial<MicrovmSpec>): Promise<unknown> => {
    const base = await bench.spec('idle');
    const before = await readdir(bench.directory);
    const error = await startMicrovm(host, { ...base, ...change }).catch((reason: unknown) => reason);
    expect(await readdir(bench.directory)).toEqual(before);
    expect(await findMicrovm(processes, base)).toBeUndefined();
    return error;
  };

  test('says which file cannot be used', async () => {
    expect(await failure({ kernelPath: '/nonexistent' })).toMatchObject({ code: 'file_unusable' });
    expect(await failure({ initramfsPath: '/nonexistent' })).toMatchObject({ code: 'file_unusable' });
    const drives = [{ id: 'root', path: '/etc/hostname', format: 'qcow2', readOnly: true }] as const;
    expect(await failure({ drives })).toMatchObject({ code: 'file_unusable', log: expect.stringContaining('qcow2') });
  });

  test('says that there is no such TAP, no such memory, no such program', async () => {
    const network = { tap: 'bq-none', mac: '02:fc:00:00:00:01' };
    expect(await failure({ network })).toMatchObject({ code: 'tap_unusable' });
    expect(await failure({ memoryMib: 100 * 1024 * 1024 })).toMatchObject({ code: 'out_of_memory' });
    expect(await failure({ qemuPath: '/nonexistent/qemu' })).toMatchObject({ code: 'qemu_missing' });
  });

  test('says that disk or TAP are in use, and leaves their user alone', async () => {
    const microvm = await start('idle');
    const directory = join(bench.directory, 'other');
    await mkdir(directory);
    const other = { ...spec, tag: `${spec.tag}-2`, directory };
    await expect(startMicrovm(host, other)).rejects.toMatchObject({ code: 'tap_busy' });
    await expect(startMicrovm(host, { ...other, network: undefined })).rejects.toMatchObject({ code: 'file_locked' });
    expect(await microvm.status()).toMatchObject({ running: true });
    await microvm.kill();
  });

  test('is undone when it is aborted at any time', async () => {
    const base = await bench.spec('idle');
    const before = await readdir(bench.directory);
    for (const ms of [1, 10, 25, 40, 60]) {
      const signal = AbortSignal.timeout(ms);
      const outcome = await startMicrovm(host, base, { signal }).catch((error: unknown) => error);
      if (outcome instanceof Error) expect(await readdir(bench.directory)).toEqual(before);
      else await (outcome as Microvm).quit();
      expect(await findMicrovm(processes, base)).toBeUndefined();
      before.splice(0, before.length, ...(await readdir(bench.directory)));
    }
  });
});
