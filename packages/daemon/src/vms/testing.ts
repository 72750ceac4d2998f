import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Result } from '@banger/api-types';
import { systemClock } from '@banger/system';
import { CapabilityPlan } from '../capabilities/plan.ts';
import { FakeMachine } from '../capabilities/testing.ts';
import type { Capability, Machines } from '../capabilities/types.ts';
import { BangerError } from '../errors.ts';
import type { GuestProcess, Guests } from '../guest/port.ts';
import { createLocks } from '../locks/create-locks.ts';
import { Operations } from '../ops/operations.ts';
import type { Failpoint } from '../ops/step-runner.ts';
import { describeError } from '../ops/testing.ts';
import type { StepType } from '../ops/types.ts';
import { anyStep, forwardStep, planStep } from '../steps.ts';
import { openStore } from '../store/open.ts';
import type { Store, VmRecord } from '../store/types.ts';
import { makeVms, type VmRoom } from './make-vms.ts';

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

type Named = { readonly vmId: string };

/** Disks, machines and guests as names in a set, where what is told to fails, hangs or dies. */
class FakeHost {
  readonly has = new Set<string>();
  readonly machines = new Map<string, FakeMachine>();
  /** Names of steps, or `undo` and the name. */
  readonly failing = new Set<string>();
  /** Names of steps that wait until they are cancelled. */
  readonly hanging = new Set<string>();
  /** Called when a guest is ready. */
  onReady: (vmId: string) => void = () => {};

  capability(watched: Machines): Capability {
    const disk = this.#step('disk.root');
    const seed = this.#step('seed.write', () => ({ hostPublicKey: 'ssh-ed25519 AAAA' }));
    const ready = this.#step('guest.ready', (vmId) => {
      this.onReady(vmId);
      return {};
    });
    const end = async (vmId: string) => {
      const ended = await this.machines.get(vmId)?.kill();
      this.machines.delete(vmId);
      watched.detach(vmId);
      return { reason: ended?.reason ?? null };
    };
    const boot: StepType<Named, { pid: number; startTimeTicks: number; bootId: string }> = {
      name: 'machine.start',
      do: async ({ vmId }) => {
        const machine = new FakeMachine();
        this.machines.set(vmId, machine);
        watched.attach(vmId, machine);
        this.#failIf('machine.start');
        return machine.identity;
      },
      undo: async ({ vmId }) => {
        this.#failIf('undo machine.start');
        await end(vmId);
      },
      observe: async () => undefined,
    };
    const powerOff = forwardStep('guest.power-off', async (_intent: Named, { signal }) => {
      await this.#act('guest.power-off', signal);
      return { outcome: 'guest shut down' };
    });
    const stop = forwardStep('machine.stop', async ({ vmId }: Named, { signal }) => {
      await this.#act('machine.stop', signal);
      return end(vmId);
    });
    const remove = forwardStep('disk.remove', async ({ vmId }: Named, { signal }) => {
      await this.#act('disk.remove', signal);
      for (const what of ['disk.root', 'seed.write', 'guest.ready']) this.has.delete(`${what} ${vmId}`);
      return null;
    });
    return {
      name: 'all',
      after: [],
      stepTypes: [disk, seed, ready, boot, powerOff, stop, remove].map((type) => anyStep(type as never)),
      provision: ({ vm: { id: vmId } }) => [planStep(disk, 'disks', { vmId })],
      start: ({ vm: { id: vmId } }) => [
        planStep(seed, 'disks', { vmId }),
        planStep(boot, 'boot', { vmId }),
        planStep(ready, 'guest', { vmId }),
      ],
      stop: ({ vm: { id: vmId }, graceMs }) => [
        ...(graceMs === null ? [] : [planStep(powerOff, 'shutdown', { vmId })]),
        planStep(stop, 'machine', { vmId }),
      ],
      destroy: ({ id: vmId }) => [planStep(remove, 'disks', { vmId })],
    };
  }

  #step(
    name: string,
    output: (vmId: string) => Record<string, string> = () => ({}),
  ): StepType<Named, object & Record<string, string>> {
    return {
      name,
      do: async ({ vmId }, { signal }) => {
        this.has.add(`${name} ${vmId}`);
        await this.#act(name, signal);
        return output(vmId);
      },
      undo: async ({ vmId }) => {
        this.#failIf(`undo ${name}`);
        this.has.delete(`${name} ${vmId}`);
      },
      observe: async ({ vmId }) => (this.has.has(`${name} ${vmId}`) ? output(vmId) : undefined),
    };
  }

  async #act(name: string, signal: AbortSignal): Promise<void> {
    if (this.hanging.has(name))
      await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
    this.#failIf(name);
  }

  #failIf(name: string): void {
    if (this.failing.has(name)) throw new BangerError('disk_full', `no room for ${name}`);
  }
}

/** A database and a host; each `daemon()` stands for one process of the daemon. */
export class VmTrial implements Disposable {
  readonly #directory = mkdtempSync(join(tmpdir(), 'banger-vms-'));
  readonly store: Store = openStore({ path: join(this.#directory, 'db'), clock: systemClock });
  readonly host = new FakeHost();
  /** Defects that operations met. */
  readonly lost: unknown[] = [];

  constructor() {
    this.store.transaction('durable', () => this.store.images.insert(IMAGE));
    writeFileSync(join(this.#directory, 'host_key.pub'), 'ssh-ed25519 AAAA\n');
  }

  vm(name: string): VmRecord | undefined {
    return this.store.vms.match(name)[0];
  }

  machine(name: string): FakeMachine | undefined {
    return this.host.machines.get(this.vm(name)?.id ?? '');
  }

  daemon(failpoint: Failpoint = () => {}): VmRoom<Operations> {
    const { store } = this;
    const locks = createLocks();
    return makeVms({
      store,
      guests,
      now: () => new Date(),
      filesOf: (vmId) => this.#filesOf(vmId),
      addressOf: (vmId, guestIp, hostPublicKey) => ({ vmId, host: guestIp, port: 22, hostPublicKey }),
      capabilities: (machines) => new CapabilityPlan([this.host.capability(machines)]),
      images: { obtain: () => Promise.resolve(IMAGE), files: () => Promise.resolve(FILES) },
      locks: locks.root,
      addressing: {
        addresses: () => ['10.9.0.2', '10.9.0.3'],
        macOf: () => '02:00:00:00:00:01',
        tapOf: (vmId) => `bt${vmId.slice(0, 10)}`,
      },
      defaults: { vcpus: 1, memoryMib: 512, diskBytes: 2 ** 31, workDiskBytes: 2 ** 31, stopGraceMs: 1000 },
      onReapFailed: (_vmId, error) => void this.lost.push(error),
      adapters: { vmm: 'fake', accelerator: 'none', diskBackend: 'fake' },
      operations: (types) =>
        new Operations({
          store,
          failpoint,
          ...types,
          now: () => new Date(),
          monotonicMs: () => performance.now(),
          detach: (work) => locks.runDetached(work),
          describeError,
          onLost: (_operation, error) => void this.lost.push(error),
        }),
    });
  }

  #filesOf(vmId: string) {
    const at = join(this.#directory, vmId);
    return {
      directory: at,
      rootDisk: join(at, 'root'),
      workDisk: join(at, 'work'),
      seed: join(at, 'seed.tar'),
      hostKey: join(at, 'host_key'),
      hostKeyPublic: join(this.#directory, 'host_key.pub'),
      manifest: `${at}.json`,
      consoleLog: join(at, 'console.log'),
    };
  }

  [Symbol.dispose](): void {
    this.store.close();
    rmSync(this.#directory, { recursive: true });
  }
}

const guests: Guests = {
  waitReady: () => Promise.resolve(),
  exec: () => Promise.reject<GuestProcess>(new Error('not here')),
  requestPowerOff: () => Promise.resolve(true),
  disconnect: () => {},
  close: () => Promise.resolve(),
};

type Room = VmRoom<Operations>;

export function create({ vms, operations }: Room, name: string): Promise<Result<'op.status'>> {
  return operations.ended(vms.create({ image: 'debian', name }).id);
}

/** Runs one change of a VM to its end. */
export function change(
  { vms, operations }: Room,
  kind: 'start' | 'stop' | 'restart' | 'kill' | 'delete',
  vm = 'web',
): Promise<Result<'op.status'>> {
  return operations.ended(vms[kind]({ vm }).id);
}
