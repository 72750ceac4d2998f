import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ImageFiles } from '../images/types.ts';
import type { AnyStepType, Json, PlannedStep, StepContext } from '../ops/types.ts';
import { makePaths } from '../paths.ts';
import { sampleVm } from '../store/testing.ts';
import type { VmRecord } from '../store/types.ts';
import type { Machine, MachineEnd } from '../vmm/port.ts';
import type { Capability, Machines, VmFiles } from './types.ts';

export const never = new AbortController().signal;
export const vm: VmRecord = sampleVm(1);
export const image: ImageFiles = {
  rootfsPath: '/images/rootfs.ext4',
  rootfsBytes: 2 ** 20,
  workSeedPath: '/images/work-seed.ext4',
  workSeedBytes: 2 ** 20,
  kernelPath: '/images/vmlinux',
  initramfsPath: '/assets/initramfs',
};

/** A state directory of its own that goes with the test. */
export class Host implements Disposable {
  readonly #directory = mkdtempSync(join(tmpdir(), 'banger-capability-'));
  readonly filesOf: (vmId: string) => VmFiles = makePaths({ stateDir: this.#directory, runDir: '/run' }).vm;
  readonly files: VmFiles = this.filesOf(vm.id);

  [Symbol.dispose](): void {
    rmSync(this.#directory, { recursive: true });
  }
}

/** Runs planned steps as the step runner would, one by one. */
export class Steps {
  readonly #types: ReadonlyMap<string, AnyStepType>;
  readonly progress: string[] = [];

  constructor({ stepTypes }: Capability) {
    this.#types = new Map(stepTypes.map((type) => [type.name, type]));
  }

  do(step: PlannedStep, signal: AbortSignal = never): Promise<Json> {
    const context: StepContext = { signal, progress: (message) => void this.progress.push(message) };
    // As it comes back from the journal.
    return this.type(step).do(JSON.parse(JSON.stringify(step.intent)) as Json, context);
  }

  undo(step: PlannedStep, output?: Json): Promise<void> {
    return this.type(step).undo(step.intent, output, never);
  }

  observe(step: PlannedStep): Promise<Json | undefined> {
    return this.type(step).observe(step.intent, never);
  }

  type({ type }: PlannedStep): AnyStepType {
    const found = this.#types.get(type);
    if (!found) throw new Error(`no step type is called ${type}`);
    return found;
  }
}

export function only(steps: readonly PlannedStep[] | undefined): PlannedStep {
  const [step, another] = steps ?? [];
  if (!step || another) throw new Error(`one step was expected, not ${steps?.length ?? 0}`);
  return step;
}

/** A VMM that does what it is told, and remembers it. */
export class FakeMachine implements Machine {
  readonly identity = { pid: 4_000_000, startTimeTicks: 1, bootId: 'boot' };
  readonly log: string[] = [];
  readonly #end = Promise.withResolvers<MachineEnd>();
  readonly ended = this.#end.promise;
  /** What the power button does. */
  onPowerButton: () => boolean = () => false;

  end(reason: string): void {
    this.#end.resolve({ reason, requested: true });
  }
  kill(): Promise<MachineEnd> {
    this.log.push('kill');
    this.end('VMM killed');
    return this.ended;
  }
  async powerButton(): Promise<boolean> {
    this.log.push('power button');
    return this.onPowerButton();
  }
  release(): void {
    this.log.push('release');
  }
}

export class FakeMachines implements Machines {
  readonly #machines = new Map<string, Machine>();
  get(vmId: string): Machine | undefined {
    return this.#machines.get(vmId);
  }
  attach(vmId: string, machine: Machine): void {
    this.#machines.set(vmId, machine);
  }
  detach(vmId: string): void {
    this.#machines.delete(vmId);
  }
}
