import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as processes from '@banger/system';
import { createSpawner } from '@banger/system';
import { makeFakeQemu } from '@banger/testkit';
import { expect, test } from 'vitest';
import { vmmContract } from './contract.ts';
import type { MachineSpec } from './port.ts';
import { type QemuVmmOptions, qemuVmm } from './qemu.ts';

const host: QemuVmmOptions['host'] = {
  // The test's user may be anyone: the stand-in needs no root.
  spawner: {
    spawnOutliving: (argv, options) =>
      createSpawner({ env: { PATH: '/usr/bin:/bin' } }).spawnOutliving(argv, { ...options, privileged: false }),
  },
  processes,
  hasTap: () => Promise.resolve(true),
};

vmmContract('QEMU, its stand-in', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'vmm-'));
  const qemuPath = await makeFakeQemu(directory);
  const kernelPath = join(directory, 'vmlinux');
  await writeFile(kernelPath, '');
  const spec: MachineSpec = {
    vmId: '0123456789abcdef',
    tag: `banger-test-${directory.slice(-6)}`,
    directory,
    vcpus: 1,
    memoryMib: 64,
    kernelPath,
    initramfsPath: kernelPath,
    kernelArguments: ['fake.deaf'],
    drives: [{ id: 'root', path: kernelPath, format: 'raw', readOnly: false }],
    tap: 'bt0',
    mac: '02:fc:00:00:00:01',
  };
  return {
    spec,
    obedient: { ...spec, kernelArguments: [] },
    broken: { ...spec, kernelArguments: ['fake.die'] },
    vmm: () => qemuVmm({ host, qemuPath, accelerator: 'tcg' }),
    [Symbol.asyncDispose]: async () => await rm(directory, { recursive: true }),
  };
});

test('a failure has our code, a remedy and the last words of QEMU', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'vmm-'));
  const vmm = qemuVmm({ host, qemuPath: join(directory, 'none'), accelerator: 'tcg' });
  const spec = { vmId: 'x', tag: 'x', directory, vcpus: 1, memoryMib: 64, kernelPath: '/x', initramfsPath: '/x' };
  const start = vmm.start(
    { ...spec, kernelArguments: [], drives: [], tap: 'x', mac: '02:fc:00:00:00:01' },
    AbortSignal.timeout(5000),
  );
  await expect(start).rejects.toMatchObject({
    code: 'prerequisite_missing',
    remediation: expect.stringContaining('qemu'),
  });
  await rm(directory, { recursive: true });
});

test('the clock is told to guests under TCG only', () => {
  const tsc = (accelerator: 'kvm' | 'tcg') =>
    qemuVmm({ host, qemuPath: 'x', accelerator, tscKhz: 2_445_428 }).kernelArguments.filter((one) =>
      one.startsWith('tsc'),
    );
  expect(tsc('tcg')).toEqual(['tsc_early_khz=2445428', 'tsc=reliable']);
  expect(tsc('kvm')).toEqual([]);
});
