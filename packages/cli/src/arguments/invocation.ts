/** The words of one command, sorted by its spec. */
export class Invocation {
  /** In the order of the spec; operands that take many are at the end. */
  readonly operands: readonly string[];
  /** The command for the VM. */
  readonly trailing: readonly string[];
  readonly #options: ReadonlyMap<string, readonly string[]>;

  /** @param options values by long name; a flag that was given has one empty value */
  constructor(
    options: ReadonlyMap<string, readonly string[]>,
    operands: readonly string[],
    trailing: readonly string[],
  ) {
    this.#options = options;
    this.operands = operands;
    this.trailing = trailing;
  }

  flag(name: string): boolean {
    return this.#options.has(name);
  }

  /** The last value, as the last one wins. */
  value(name: string): string | undefined {
    return this.#options.get(name)?.at(-1);
  }

  values(name: string): readonly string[] {
    return this.#options.get(name) ?? [];
  }

  /** The first operand, which the spec demands. */
  get operand(): string {
    return this.operands[0] ?? '';
  }
}
