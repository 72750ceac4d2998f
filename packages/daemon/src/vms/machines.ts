import type { Machines } from '../capabilities/types.ts';
import type { Machine, MachineEnd } from '../vmm/port.ts';

/** The VMMs that this process watches, by VM id. */
export class LiveMachines implements Machines {
  readonly #machines = new Map<string, { readonly machine: Machine; end?: MachineEnd }>();
  readonly #onEnded: (vmId: string) => void;

  /** `onEnded` hears of every end of an attached machine, also of those that were meant. */
  constructor(onEnded: (vmId: string) => void) {
    this.#onEnded = onEnded;
  }

  get(vmId: string): Machine | undefined {
    return this.#machines.get(vmId)?.machine;
  }

  /** How an attached machine ended; undefined while it lives. */
  endOf(vmId: string): MachineEnd | undefined {
    return this.#machines.get(vmId)?.end;
  }

  attach(vmId: string, machine: Machine): void {
    this.detach(vmId);
    const watched: { readonly machine: Machine; end?: MachineEnd } = { machine };
    this.#machines.set(vmId, watched);
    void machine.ended.then((end) => {
      watched.end = end;
      if (this.#machines.get(vmId) === watched) this.#onEnded(vmId);
    });
  }

  detach(vmId: string): void {
    this.#machines.get(vmId)?.machine.release();
    this.#machines.delete(vmId);
  }

  /** How many are attached. */
  get size(): number {
    return this.#machines.size;
  }

  /** Lets go of all; the VMs live on. */
  release(): void {
    for (const vmId of [...this.#machines.keys()]) this.detach(vmId);
  }
}
