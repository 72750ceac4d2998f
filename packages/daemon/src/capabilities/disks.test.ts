import { describe, expect, it } from 'vitest';
import type { CloneSpec, Disk, DiskBackend } from '../disks/port.ts';
import { disksCapability } from './disks.ts';
import { image, Steps, vm } from './testing.ts';

/** Clones as specs in a map. */
class FakeBackend implements DiskBackend {
  readonly kind = 'fake';
  readonly clones = new Map<string, CloneSpec>();
  locate(basePath: string): Disk {
    return { path: `${basePath}.raw`, format: 'raw' };
  }
  async clone(spec: CloneSpec, signal: AbortSignal): Promise<Disk> {
    signal.throwIfAborted();
    this.clones.set(spec.basePath, spec);
    return this.locate(spec.basePath);
  }
  async find({ basePath }: CloneSpec): Promise<Disk | undefined> {
    return this.clones.has(basePath) ? this.locate(basePath) : undefined;
  }
  async remove({ basePath }: CloneSpec): Promise<void> {
    this.clones.delete(basePath);
  }
}

const filesOf = (vmId: string) => ({ rootDisk: `/vms/${vmId}/root`, workDisk: `/vms/${vmId}/work` }) as never;
const make = (backend: DiskBackend) =>
  disksCapability({ filesOf, backends: new Map([['fake', backend]]), tagOf: (vmId) => `banger-test-${vmId}` });
const ours = { ...vm, diskBackend: 'fake' };

describe('disks', () => {
  it('are cloned from the image with the sizes of the VM, found, and removed', async () => {
    const backend = new FakeBackend();
    const capability = make(backend);
    const steps = new Steps(capability);
    const planned = capability.provision?.({ vm: ours, image }) ?? [];
    for (const step of planned) {
      expect(await steps.observe(step)).toBeUndefined();
      const disk = await steps.do(step);
      expect(await steps.observe(step)).toEqual(disk);
    }
    const tag = `banger-test-${vm.id}`;
    expect([...backend.clones.values()]).toEqual([
      { originPath: image.rootfsPath, basePath: `/vms/${vm.id}/root`, sizeBytes: vm.diskBytes, tag },
      { originPath: image.workSeedPath, basePath: `/vms/${vm.id}/work`, sizeBytes: vm.workDiskBytes, tag },
    ]);
    for (const step of planned) await steps.undo(step);
    expect(backend.clones.size).toBe(0);
  });

  it('go with the VM, also when the image is gone, and twice', async () => {
    const backend = new FakeBackend();
    const capability = make(backend);
    const steps = new Steps(capability);
    for (const step of capability.provision?.({ vm: ours, image }) ?? []) await steps.do(step);
    const removal = capability.destroy?.(ours) ?? [];
    for (const step of [...removal, ...removal]) await steps.do(step);
    expect(backend.clones.size).toBe(0);
  });

  it('stay for a start and a stop', () => {
    const capability = make(new FakeBackend());
    expect([capability.start, capability.stop]).toEqual([undefined, undefined]);
  });

  it('of a backend that this daemon has not are a defect', async () => {
    const capability = make(new FakeBackend());
    const [step] = capability.destroy?.({ ...vm, diskBackend: 'gone' }) ?? [];
    if (!step) throw new Error('no step');
    await expect(new Steps(capability).do(step)).rejects.toThrow('no disk backend is called gone');
  });

  it('may take the time of a whole copy', () => {
    const capability = make(new FakeBackend());
    const [step] = capability.provision?.({ vm: ours, image }) ?? [];
    if (!step) throw new Error('no step');
    expect(new Steps(capability).type(step).timeoutMs?.(step.intent)).toBeGreaterThanOrEqual(600_000);
  });
});
