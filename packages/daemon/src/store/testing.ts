import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStore } from './open.ts';
import type { ImageRecord, RecordedOperation, Store, VmRecord } from './types.ts';

export const NOW = new Date('2026-03-01T12:00:00.000Z');

/** A directory of its own that goes with the test. */
export class TempDir implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), 'banger-store-'));

  file(name = 'banger.db'): string {
    return join(this.path, name);
  }

  open(now: () => Date = () => NOW): Store {
    return openStore({ path: this.file(), clock: { now } });
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

const hex = (number: number): string => number.toString(16).padStart(16, '0');

/** Distinct in all that must be distinct, for each number. */
export function sampleVm(number: number, change: Partial<VmRecord> = {}): VmRecord {
  return {
    id: hex(number),
    name: `vm-${number}`,
    state: 'running',
    stateReason: null,
    imageId: '0123456789abcdef',
    imageName: 'debian:13',
    vcpus: 1,
    memoryMib: 1024,
    diskBytes: 8 * 2 ** 30,
    workDiskBytes: 2 ** 33,
    guestIp: `172.30.${number >> 8}.${number & 255}`,
    mac: '02:ba:00:00:00:01',
    tap: `bt${number}`,
    vmm: 'qemu',
    diskBackend: 'qcow2',
    hostPublicKey: 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGmnqBnYdlDvT7V3tXx6ZlIbYoEEzyCyiB0zdGkN2Y1J',
    process: { pid: 4711, startTimeTicks: 123_456, bootId: '7c1b0a52-8c3f-4f5e-9d59-1a2b3c4d5e6f' },
    bootOperation: null,
    createdAt: NOW.toISOString(),
    startedAt: NOW.toISOString(),
    stoppedAt: null,
    ...change,
  };
}

export function sampleImage(number: number, change: Partial<ImageRecord> = {}): ImageRecord {
  return {
    id: hex(number),
    name: 'debian:13',
    digest: `sha256:${hex(number).repeat(4)}`,
    sizeBytes: 2 ** 32,
    storedBytes: 400_000_000,
    kernelVersion: '6.12.41-cloud-amd64',
    createdAt: NOW.toISOString(),
    ...change,
  };
}

export function sampleOperation(number: number, change: Partial<RecordedOperation> = {}): RecordedOperation {
  return {
    id: hex(number),
    kind: 'vm.create',
    subject: 'abc',
    params: { image: 'debian', sizes: [1, null] },
    state: 'running',
    error: null,
    startedAt: NOW.toISOString(),
    endedAt: null,
    ...change,
  };
}
