import { join } from 'node:path';
import { systemClock } from '@banger/system';
import { openStore } from '../../packages/daemon/src/store/open.ts';
import type { ImageRecord, VmRecord } from '../../packages/daemon/src/store/types.ts';

const hex = (value: number): string => value.toString(16).padStart(16, '0');

/**
 * Writes rows of stopped VMs into a state directory that no daemon uses, and an ended operation.
 * @returns the operation's id
 */
export function recordVms(stateDir: string, count: number): string {
  const store = openStore({ path: join(stateDir, 'banger.db'), clock: systemClock });
  const now = systemClock.now().toISOString();
  const operation = hex(0xbe_c0de);
  try {
    store.transaction('durable', () => {
      store.images.insert(image(now));
      for (let index = 0; index < count; index++) store.vms.insert(vm(index, now));
      store.journal.insert({
        id: operation,
        kind: 'vm.stop',
        subject: hex(1),
        params: {},
        state: 'succeeded',
        error: null,
        startedAt: now,
        endedAt: now,
      });
    });
  } finally {
    store.close();
  }
  return operation;
}

function image(now: string): ImageRecord {
  return {
    id: hex(1),
    name: 'debian:13',
    digest: `sha256:${hex(1).repeat(4)}`,
    sizeBytes: 2 ** 30,
    storedBytes: 4e8,
    kernelVersion: '6.12.41-cloud-amd64',
    createdAt: now,
  };
}

function vm(index: number, now: string): VmRecord {
  const [high, low] = [(index + 2) >> 8, (index + 2) & 255];
  return {
    id: hex(0xabc_0000_0000 + index * 7919),
    name: `build-agent-${index}`,
    state: 'stopped',
    stateReason: 'guest shut down',
    imageId: hex(1),
    imageName: 'debian:13',
    vcpus: 1,
    memoryMib: 1024,
    diskBytes: 2 ** 33,
    workDiskBytes: 2 ** 33,
    guestIp: `172.30.${high}.${low}`,
    mac: `02:ba:00:00:${high.toString(16).padStart(2, '0')}:${low.toString(16).padStart(2, '0')}`,
    tap: `btbench${index}`,
    vmm: 'qemu',
    diskBackend: 'qcow2',
    hostPublicKey: 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGmnqBnYdlDvT7V3tXx6ZlIbYoEEzyCyiB0zdGkN2Y1J',
    process: null,
    bootOperation: null,
    createdAt: now,
    startedAt: now,
    stoppedAt: now,
  };
}
