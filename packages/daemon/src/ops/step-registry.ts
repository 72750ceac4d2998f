import type { AnyStepType } from './types.ts';

/** Finds step types by the name in the journal, also for operations that another process began. */
export class StepRegistry {
  readonly #types = new Map<string, AnyStepType>();

  /** @throws Error when two step types share a name. */
  constructor(types: Iterable<AnyStepType>) {
    for (const type of types) {
      if (this.#types.has(type.name)) throw new Error(`two step types are called ${type.name}`);
      this.#types.set(type.name, type);
    }
  }

  /** @throws Error for a name that no step type has: the journal is of another version. */
  get(name: string): AnyStepType {
    const type = this.#types.get(name);
    if (!type) throw new Error(`no step type is called ${name}`);
    return type;
  }
}
