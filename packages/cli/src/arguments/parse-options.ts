import { usageError } from '../cli-error.ts';
import type { OptionSpec } from './spec.ts';
import { didYouMean } from './suggest.ts';

/** Reads options off a list of words, whichever command they are for. */
export class OptionReader {
  readonly values = new Map<string, string[]>();
  readonly #specs: readonly OptionSpec[];

  constructor(specs: readonly OptionSpec[]) {
    this.#specs = specs;
  }

  /**
   * Takes the option at the head of the words, with its value.
   * @throws CliError when there is no such option, or its value is missing or too much
   */
  take(words: string[]): void {
    const word = words.shift() ?? '';
    if (word.startsWith('--')) this.#takeLong(word, words);
    else this.#takeShort(word, words);
  }

  #takeLong(word: string, words: string[]): void {
    const equals = word.indexOf('=');
    const name = equals === -1 ? word.slice(2) : word.slice(2, equals);
    const spec = this.#specs.find((option) => option.name === name);
    if (spec === undefined) {
      const names = this.#specs.map((option) => `--${option.name}`);
      throw usageError(`unknown option --${name}`, didYouMean(`--${name}`, names));
    }
    if (spec.value === undefined) {
      if (equals !== -1) throw usageError(`--${name} takes no value`);
      this.#add(spec, '');
    } else {
      this.#add(spec, equals === -1 ? this.#valueOf(`--${name}`, spec.value, words) : word.slice(equals + 1));
    }
  }

  #takeShort(word: string, words: string[]): void {
    for (let index = 1; index < word.length; index++) {
      const letter = word.charAt(index);
      const spec = this.#specs.find((option) => option.short === letter);
      if (spec === undefined) throw this.#unknownShort(word, letter);
      if (spec.value === undefined) {
        this.#add(spec, '');
        continue;
      }
      const attached = word.slice(index + 1);
      this.#add(spec, attached === '' ? this.#valueOf(`-${letter}`, spec.value, words) : attached.replace(/^=/, ''));
      return;
    }
  }

  #unknownShort(word: string, letter: string): Error {
    const long = this.#specs.find((option) => option.name === word.slice(1));
    if (long !== undefined) return usageError(`unknown option ${word}`, `Did you mean -${word}?`);
    return usageError(word.length === 2 ? `unknown option ${word}` : `unknown option -${letter} in ${word}`);
  }

  #valueOf(option: string, placeholder: string, words: string[]): string {
    const value = words.shift();
    if (value === undefined || value === '--') throw usageError(`${option} needs a value: ${option} ${placeholder}`);
    return value;
  }

  #add(spec: OptionSpec, value: string): void {
    const before = this.values.get(spec.name);
    if (before !== undefined && spec.repeat === true) before.push(value);
    else this.values.set(spec.name, [value]);
  }
}

/** Whether a word is an option rather than an operand; a single dash is an operand. */
export function isOption(word: string): boolean {
  return word.length > 1 && word.startsWith('-');
}
