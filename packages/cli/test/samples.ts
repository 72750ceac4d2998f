import type { Result } from '@banger/api-types';

export const VM_ID = '00112233445566aa';

/** A VM as `vm.show` answers it. */
export function sampleVm(change: Partial<Result<'vm.show'>> = {}): Result<'vm.show'> {
  return {
    id: VM_ID,
    name: 'box',
    state: 'running',
    image: 'debian:13',
    vcpus: 1,
    memoryMib: 512,
    guestIp: '172.30.0.2',
    createdAt: '2026-01-01T00:00:00.000Z',
    stateReason: null,
    imageId: 'aaaabbbbccccdddd',
    diskBytes: 8 * 2 ** 30,
    workDiskBytes: 2 ** 30,
    mac: '02:00:00:00:00:01',
    tap: 'btabcd00112233',
    vmm: 'qemu',
    accelerator: 'tcg',
    disk: 'qcow2',
    pid: 4711,
    directory: '/var/lib/banger/vms/00112233445566aa',
    startedAt: '2026-01-01T00:00:02.500Z',
    stoppedAt: null,
    boot: [{ name: 'boot', state: 'done', message: null, fraction: null, durationMs: 2100 }],
    ...change,
  };
}

/** A row of `vm.list`. */
export function sampleRow(change: Partial<Result<'vm.list'>['vms'][number]> = {}): Result<'vm.list'>['vms'][number] {
  const { id, name, state, image, vcpus, memoryMib, guestIp, createdAt } = sampleVm();
  return { id, name, state, image, vcpus, memoryMib, guestIp, createdAt, ...change };
}

export function sampleImage(change: Partial<Result<'image.show'>> = {}): Result<'image.show'> {
  return {
    id: 'aaaabbbbccccdddd',
    name: 'debian:13',
    digest: `sha256:${'a'.repeat(64)}`,
    sizeBytes: 2 ** 30,
    storedBytes: 380 * 2 ** 20,
    kernelVersion: '6.12.1',
    createdAt: '2026-01-01T00:00:00.000Z',
    usedBy: ['box'],
    ...change,
  };
}

export function sampleStatus(change: Partial<Result<'daemon.status'>> = {}): Result<'daemon.status'> {
  return {
    version: '9.9.9',
    instance: 'abcd1234',
    pid: 4242,
    uptimeMs: 65_000,
    state: 'ready',
    socket: '/run/banger/banger.sock',
    stateDir: '/var/lib/banger',
    vms: { total: 3, running: 2 },
    operations: 0,
    memoryBytes: 80 * 2 ** 20,
    vmm: 'qemu',
    accelerator: 'tcg',
    disk: 'qcow2',
    ...change,
  };
}
