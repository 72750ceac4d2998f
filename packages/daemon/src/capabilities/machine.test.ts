import { beforeEach, describe, expect, it } from 'vitest';
import type { Json } from '../ops/types.ts';
import type { MachineSpec, Vmm } from '../vmm/port.ts';
import { machineCapability } from './machine.ts';
import { FakeMachine, FakeMachines, image, only, Steps, vm } from './testing.ts';

const filesOf = (vmId: string) =>
  ({ directory: `/vms/${vmId}`, rootDisk: `/vms/${vmId}/root`, workDisk: `/vms/${vmId}/work`, seed: '/seed' }) as never;

/** One machine at most, as a process that outlives whoever started it. */
class FakeVmm implements Vmm {
  readonly kind = 'qemu';
  readonly accelerator = 'tcg';
  readonly diskFormats = ['qcow2'] as const;
  readonly kernelArguments = ['panic=-1'];
  running: FakeMachine | undefined;
  spec: MachineSpec | undefined;
  async start(spec: MachineSpec, signal: AbortSignal) {
    signal.throwIfAborted();
    this.spec = spec;
    this.running = new FakeMachine();
    return this.running;
  }
  async find() {
    return this.running?.identity;
  }
  async adopt(_name: unknown, { pid }: { pid: number }) {
    return this.running?.identity.pid === pid ? this.running : undefined;
  }
}

let vmm: FakeVmm;
let machines: FakeMachines;
let steps: Steps;
const capability = () =>
  machineCapability({
    vmm,
    machines,
    filesOf,
    tagOf: (vmId) => `banger-test-${vmId}`,
    backends: new Map([['qcow2', { locate: (basePath) => ({ path: `${basePath}.qcow2`, format: 'qcow2' }) }]]),
    guestKernelArguments: ['banger.seed=vdb'],
  });
const start = () => only(capability().start?.({ vm, image }));
const stop = () => only(capability().stop?.({ vm, graceMs: null }));
beforeEach(() => {
  vmm = new FakeVmm();
  machines = new FakeMachines();
  steps = new Steps(capability());
});

describe('a machine', () => {
  it('is what the record and the image say, with its drives in the order that the guest relies on', async () => {
    await steps.do(start());
    expect(vmm.spec).toEqual({
      vmId: vm.id,
      tag: `banger-test-${vm.id}`,
      directory: `/vms/${vm.id}`,
      vcpus: vm.vcpus,
      memoryMib: vm.memoryMib,
      kernelPath: image.kernelPath,
      initramfsPath: image.initramfsPath,
      kernelArguments: ['panic=-1', 'banger.seed=vdb'],
      drives: [
        { id: 'root', path: `/vms/${vm.id}/root.qcow2`, format: 'qcow2', readOnly: false },
        { id: 'seed', path: '/seed', format: 'raw', readOnly: true },
        { id: 'work', path: `/vms/${vm.id}/work.qcow2`, format: 'qcow2', readOnly: false },
      ],
      tap: vm.tap,
      mac: vm.mac,
    });
  });

  it('is watched from its start on, and its process is recorded', async () => {
    expect(await steps.do(start())).toEqual({ pid: 4_000_000, startTimeTicks: 1, bootId: 'boot' });
    expect(machines.get(vm.id)).toBe(vmm.running);
  });

  it('of a disk backend that this daemon has not is refused when it is planned', () => {
    const other = { ...vm, diskBackend: 'device-mapper' };
    expect(() => capability().start?.({ vm: other, image })).toThrow('no disk backend is called device-mapper');
  });
});

describe('its end', () => {
  const endings: readonly (readonly [string, () => Promise<unknown>])[] = [
    ['undo with what was recorded', () => steps.undo(start(), { pid: 4_000_000, startTimeTicks: 1, bootId: 'boot' })],
    ['undo without a record', () => steps.undo(start())],
    ['stop', () => steps.do(stop())],
  ];

  it.each(endings)('by %s: in the process that started it', async (_name, end) => {
    await steps.do(start());
    await end();
    expect(vmm.running?.log).toEqual(['kill']);
    expect(machines.get(vm.id)).toBeUndefined();
  });

  it.each(endings)('by %s: in another process', async (_name, end) => {
    await steps.do(start());
    machines = new FakeMachines();
    steps = new Steps(capability());
    await end();
    expect(vmm.running?.log).toEqual(['kill']);
  });

  it.each(endings)('by %s: when there is none', async (_name, end) => {
    await end();
    expect(vmm.running).toBeUndefined();
  });

  it('says how it came', async () => {
    await steps.do(start());
    expect(await steps.do(stop())).toEqual({ reason: 'VMM killed' });
    vmm.running = undefined;
    expect(await steps.do(stop())).toEqual({ reason: null });
  });

  it('stays watched when it cannot be brought about', async () => {
    await steps.do(start());
    if (vmm.running) vmm.running.kill = () => Promise.reject(new Error('not allowed'));
    await expect(steps.do(stop())).rejects.toThrow('not allowed');
    expect(machines.get(vm.id)).toBe(vmm.running);
  });
});

it('a start that was not recorded is found again', async () => {
  expect(await steps.observe(start())).toBeUndefined();
  await steps.do(start());
  expect((await steps.observe(start())) as Json).toEqual({ pid: 4_000_000, startTimeTicks: 1, bootId: 'boot' });
});
