import type { Context } from '../context.ts';
import type { Invocation } from './invocation.ts';

/** An option of a command. */
export interface OptionSpec {
  /** Long name without dashes. */
  readonly name: string;
  /** One letter. */
  readonly short?: string;
  /** What stands for its value in the help; an option without it is a flag. */
  readonly value?: string;
  /** May be given several times. */
  readonly repeat?: boolean;
  readonly help: string;
}

/** A word that a command takes. */
export interface OperandSpec {
  readonly name: string;
  readonly help: string;
  readonly optional?: boolean;
  /** One or more; only for the last operand. */
  readonly many?: boolean;
}

export interface Example {
  readonly line: string;
  readonly explains: string;
}

/** Does the work of a command and answers the exit status. */
export type Handler = (context: Context, invocation: Invocation) => Promise<number>;

/** A command as data: parser, help and suggestions follow from it; its code is loaded when it runs. */
export interface CommandSpec {
  /** Group and verb, or one word. */
  readonly path: readonly [string] | readonly [string, string];
  /** Other verbs in the same group. */
  readonly aliases?: readonly string[];
  /** One-word forms at the top level. */
  readonly shortcuts?: readonly string[];
  readonly summary: string;
  /** More for the help, a paragraph each. */
  readonly notes?: readonly string[];
  readonly operands?: readonly OperandSpec[];
  /** What the words after the operands are called, where a command for the VM may follow; it needs no `--`. */
  readonly trailing?: string;
  readonly options?: readonly OptionSpec[];
  readonly examples: readonly Example[];
  /** Exit status for errors of banger itself, where the others belong to a command in a VM. */
  readonly failureStatus?: number;
  readonly load: () => Handler | Promise<Handler>;
}

/** Several commands under one word. */
export interface GroupSpec {
  readonly name: string;
  readonly summary: string;
}

/** All that the program understands. */
export interface Grammar {
  readonly groups: readonly GroupSpec[];
  readonly commands: readonly CommandSpec[];
  /** Options that every command takes. */
  readonly globals: readonly OptionSpec[];
}
