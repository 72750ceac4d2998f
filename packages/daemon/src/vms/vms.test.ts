import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@banger/system';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CapabilityPlan } from '../capabilities/plan.ts';
import type { Capability } from '../capabilities/types.ts';
import { BangerError } from '../errors.ts';
import type { GuestProcess, Guests } from '../guest/port.ts';
import { createLocks } from '../locks/create-locks.ts';
import { Operations } from '../ops/operations.ts';
import type { Failpoint } from '../ops/step-runner.ts';
import type { AnyStepType, StepType } from '../ops/types.ts';
import { anyStep, forwardStep, planStep } from '../steps.ts';
import { openStore } from '../store/open.ts';
import type { Store } from '../store/types.ts';
import type { Machine, MachineEnd } from '../vmm/port.ts';
import { makeVms } from './make-vms.ts';

const IMAGE = {
  id: '00000000000000aa',
  name: 'debian:13',
  digest: `sha256:${'a'.repeat(64)}`,
  sizeBytes: 2 ** 30,
  storedBytes: 1,
  kernelVersion: '6.12',
  createdAt: '2026-01-01T00:00:00.000Z',
};
const FILES = {
  rootfsPath: '/r',
  rootfsBytes: 2 ** 30,
  workSeedPath: '/w',
  workSeedBytes: 2 ** 20,
  kernelPath: '/k',
  initramfsPath: '/i',
};

/** A VMM that is only a promise. */
class FakeMachine implements Machine {
  readonly identity = { pid: 4_000_000, startTimeTicks: 1, bootId: 'boot' };
  readonly #end = Promise.withResolvers<MachineEnd>();
  readonly ended = this.#end.promise;
  kill(): Promise<MachineEnd> {
    this.die('VMM killed');
    return this.ended;
  }
  die(reason: string): void {
    this.#end.resolve({ reason, requested: false });
  }
  powerButton(): Promise<boolean> {
    return Promise.resolve(false);
  }
  release(): void {}
}

let directory: string;
let store: Store;
let host: Set<string>;
let machines: Map<string, FakeMachine>;
let gate: PromiseWithResolvers<void> | undefined;
let failing: string | undefined;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'banger-vms-'));
  store = openStore({ path: join(directory, 'db'), clock: systemClock });
  store.transaction('durable', () => store.images.insert(IMAGE));
  writeFileSync(join(directory, 'host_key.pub'), 'ssh-ed25519 AAAA\n');
  host = new Set();
  machines = new Map();
  gate = undefined;
  failing = undefined;
});
afterEach(() => {
  store.close();
  rmSync(directory, { recursive: true });
});

/** Disk, machine and guest as names in a set, with a gate at the guest and a machine that can die. */
function capability(attach: (vmId: string, machine: Machine) => void, detach: (vmId: string) => void): Capability {
  const make = (what: string): StepType<{ vmId: string }, { hostPublicKey: string }> => ({
    name: what,
    async do({ vmId }) {
      host.add(`${what} ${vmId}`);
      if (failing === what) throw new BangerError('disk_full', 'no room');
      return { hostPublicKey: 'ssh-ed25519 AAAA' };
    },
    undo: async ({ vmId }) => void host.delete(`${what} ${vmId}`),
    observe: async ({ vmId }) => (host.has(`${what} ${vmId}`) ? { hostPublicKey: 'ssh-ed25519 AAAA' } : undefined),
  });
  const disk = make('disk.root');
  const seed = make('seed.write');
  const end = async (vmId: string) => {
    await machines.get(vmId)?.kill();
    machines.delete(vmId);
    detach(vmId);
    host.delete(`machine.start ${vmId}`);
    return { reason: 'killed' };
  };
  const start: StepType<{ vmId: string }, { pid: number; startTimeTicks: number; bootId: string }> = {
    name: 'machine.start',
    async do({ vmId }) {
      host.add(`machine.start ${vmId}`);
      const machine = new FakeMachine();
      machines.set(vmId, machine);
      attach(vmId, machine);
      return machine.identity;
    },
    undo: async ({ vmId }) => void (await end(vmId)),
    observe: async () => undefined,
  };
  const ready: StepType<{ vmId: string }, null> = {
    name: 'guest.ready',
    async do(_intent, { signal }) {
      if (gate)
        await Promise.race([
          gate.promise,
          new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
        ]);
      return null;
    },
    undo: async () => {},
    observe: async () => null,
  };
  const stop = forwardStep('machine.stop', ({ vmId }: { vmId: string }) => end(vmId));
  const remove = forwardStep('disk.remove', async ({ vmId }: { vmId: string }) => {
    for (const what of ['disk.root', 'seed.write']) host.delete(`${what} ${vmId}`);
    return null;
  });
  const types: AnyStepType[] = [
    anyStep(disk),
    anyStep(seed),
    anyStep(start),
    anyStep(ready),
    anyStep(stop),
    anyStep(remove),
  ];
  return {
    name: 'all',
    after: [],
    stepTypes: types,
    provision: ({ vm }) => [planStep(disk, 'disks', { vmId: vm.id })],
    start: ({ vm }) => [
      planStep(seed, 'disks', { vmId: vm.id }),
      planStep(start, 'boot', { vmId: vm.id }),
      planStep(ready, 'guest', { vmId: vm.id }),
    ],
    stop: ({ vm }) => [planStep(stop, 'machine', { vmId: vm.id })],
    destroy: (vm) => [planStep(remove, 'disks', { vmId: vm.id })],
  };
}

function daemon(failpoint: Failpoint = () => {}) {
  const locks = createLocks();
  const guests: Guests = {
    waitReady: () => Promise.resolve(),
    exec: () => Promise.reject<GuestProcess>(new Error('not here')),
    requestPowerOff: () => Promise.resolve(true),
    disconnect: () => {},
    close: () => Promise.resolve(),
  };
  const filesOf = (vmId: string) => {
    const at = join(directory, vmId);
    return {
      directory: at,
      rootDisk: join(at, 'root'),
      workDisk: join(at, 'work'),
      seed: join(at, 'seed.tar'),
      hostKey: join(at, 'host_key'),
      hostKeyPublic: join(directory, 'host_key.pub'),
      manifest: `${at}.json`,
    };
  };
  return makeVms({
    store,
    guests,
    filesOf,
    addressOf: (vmId, guestIp, hostPublicKey) => ({ vmId, host: guestIp, port: 22, hostPublicKey }),
    capabilities: (live) =>
      new CapabilityPlan([
        capability(
          (id, machine) => live.attach(id, machine),
          (id) => live.detach(id),
        ),
      ]),
    images: { obtain: () => Promise.resolve(IMAGE), files: () => Promise.resolve(FILES) },
    locks: locks.root,
    addressing: {
      addresses: () => ['10.9.0.2', '10.9.0.3'],
      macOf: () => '02:00:00:00:00:01',
      tapOf: (vmId) => `bt${vmId.slice(0, 10)}`,
    },
    defaults: { vcpus: 1, memoryMib: 512, diskBytes: 2 ** 31, workDiskBytes: 2 ** 31, stopGraceMs: 1000 },
    adapters: { vmm: 'fake', accelerator: 'none', diskBackend: 'fake' },
    operations: (types) =>
      new Operations({
        store,
        failpoint,
        ...types,
        now: () => new Date(),
        monotonicMs: () => performance.now(),
        detach: (work) => locks.runDetached(work),
        describeError: (error) =>
          error instanceof BangerError
            ? { code: error.code, message: error.message }
            : { code: 'internal', message: String(error) },
        onLost: (_operation, error) => {
          throw error;
        },
      }),
    now: () => new Date(),
  });
}

async function created(made: ReturnType<typeof daemon>, name: string) {
  const begun = made.vms.create({ image: 'debian', name });
  return { begun, view: await made.operations.ended(begun.id), vm: store.vms.match(name)[0] };
}

describe('the life of a VM', () => {
  it('runs, stops, starts, restarts and goes, and leaves nothing', async () => {
    const made = daemon();
    const { view, vm } = await created(made, 'web');
    expect(view).toMatchObject({ state: 'succeeded', error: null });
    expect(vm).toMatchObject({ state: 'running', guestIp: '10.9.0.2', hostPublicKey: 'ssh-ed25519 AAAA' });
    for (const [change, state] of [
      ['stop', 'stopped'],
      ['start', 'running'],
      ['restart', 'running'],
      ['kill', 'stopped'],
      ['stop', 'stopped'],
    ] as const) {
      expect(await made.operations.ended(made.vms[change]({ vm: 'web' }).id)).toMatchObject({ state: 'succeeded' });
      expect(store.vms.match('web')[0]?.state).toBe(state);
    }
    expect(await made.operations.ended(made.vms.delete({ vm: 'web' }).id)).toMatchObject({ state: 'succeeded' });
    expect(store.vms.list()).toEqual([]);
    expect([...host]).toEqual([]);
  });

  it.each(['disk.root', 'seed.write'])('a create that fails at %s leaves nothing', async (what) => {
    failing = what;
    const { view } = await created(daemon(), 'web');
    expect(view).toMatchObject({ state: 'failed', error: { code: 'disk_full' } });
    expect(store.vms.list()).toEqual([]);
    expect([...host]).toEqual([]);
  });

  it('says at once that a name is taken', async () => {
    const made = daemon();
    await created(made, 'web');
    expect((await created(made, 'web')).view.error).toMatchObject({ code: 'vm_name_taken' });
  });

  it('says when no address is free', async () => {
    const made = daemon();
    await created(made, 'a');
    await created(made, 'b');
    expect((await created(made, 'c')).view.error).toMatchObject({ code: 'addresses_exhausted' });
  });

  it('refuses a start of what runs, and says what to do', async () => {
    const made = daemon();
    await created(made, 'web');
    const view = await made.operations.ended(made.vms.start({ vm: 'web' }).id);
    expect(view.error).toMatchObject({ code: 'vm_wrong_state' });
    expect(store.vms.match('web')[0]?.state).toBe('running');
  });
});

describe('what comes in between', () => {
  it('a VMM that dies is noticed, and the reason is kept', async () => {
    const made = daemon();
    const { vm } = await created(made, 'web');
    machines.get(vm?.id ?? '')?.die('VMM killed by SIGKILL');
    await expect
      .poll(() => store.vms.match('web')[0])
      .toMatchObject({ state: 'stopped', stateReason: 'VMM killed by SIGKILL', process: null });
  });

  it('a delete cancels the create that runs', async () => {
    const made = daemon();
    gate = Promise.withResolvers();
    const begun = made.vms.create({ image: 'debian', name: 'web' });
    await expect.poll(() => [...host].some((what) => what.startsWith('machine.start'))).toBe(true);
    const deleted = made.vms.delete({ vm: 'web' });
    expect(await made.operations.ended(begun.id)).toMatchObject({ state: 'cancelled' });
    expect(await made.operations.ended(deleted.id)).toMatchObject({ state: 'succeeded' });
    expect([...host]).toEqual([]);
    expect(store.vms.list()).toEqual([]);
  });

  it('a kill cancels the start that runs, and the VM is stopped', async () => {
    const made = daemon();
    await created(made, 'web');
    await made.operations.ended(made.vms.stop({ vm: 'web' }).id);
    gate = Promise.withResolvers();
    const start = made.vms.start({ vm: 'web' });
    await expect.poll(() => machines.size).toBe(1);
    expect(await made.operations.ended(made.vms.kill({ vm: 'web' }).id)).toMatchObject({ state: 'succeeded' });
    expect(made.operations.status(start.id)).toMatchObject({ state: 'cancelled' });
    expect(store.vms.match('web')[0]).toMatchObject({ state: 'stopped', process: null });
    expect(machines.size).toBe(0);
  });

  it('two creates at once get two addresses', async () => {
    const made = daemon();
    const [a, b] = await Promise.all([created(made, 'a'), created(made, 'b')]);
    expect(new Set([a.vm?.guestIp, b.vm?.guestIp])).toEqual(new Set(['10.9.0.2', '10.9.0.3']));
  });
});
