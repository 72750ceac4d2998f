import type { Style } from '../output/style.ts';
import { wrap } from '../output/text.ts';
import type { CommandSpec, Grammar, OptionSpec } from './spec.ts';

const WIDEST = 100;
const INDENT = '  ';

export interface HelpView {
  readonly style: Style;
  readonly columns: number | undefined;
  /** Whether help was asked for, rather than shown because nothing was asked. */
  readonly full: boolean;
}

/** What `banger vm run --help`, `banger vm` or `banger` alone shows. */
export function renderHelp(grammar: Grammar, topic: CommandSpec | string | undefined, view: HelpView): string {
  const lines = new Lines(view);
  if (topic === undefined) overview(lines, grammar, view.full);
  else if (typeof topic === 'string') groupHelp(lines, grammar, topic);
  else commandHelp(lines, grammar, topic);
  return lines.text();
}

/** How a command is written, for example `banger vm run IMAGE [OPTIONS] [--] [CMD...]`. */
export function usageLine({ path, operands = [], options = [], trailing }: CommandSpec): string {
  const words = ['banger', ...path];
  for (const { name, optional, many } of operands) {
    const word = many === true ? `${name}...` : name;
    words.push(optional === true ? `[${word}]` : word);
  }
  if (options.length > 0) words.push('[OPTIONS]');
  if (trailing !== undefined) words.push(`[-- ${trailing}...]`);
  return words.join(' ');
}

function overview(lines: Lines, grammar: Grammar, full: boolean): void {
  lines.paragraph('banger: a Linux machine of your own in seconds.');
  lines.heading('Usage');
  lines.raw('banger COMMAND [OPTIONS]');
  for (const { name, summary } of grammar.groups) {
    lines.heading(`banger ${name}: ${summary}`);
    lines.pairs(commandsOf(grammar, name).map(asPair));
  }
  lines.heading('Others');
  lines.pairs(grammar.commands.filter(({ path }) => path.length === 1).map(asPair));
  if (full) overviewDetails(lines, grammar);
  lines.heading('Begin with');
  lines.pairs([
    ['sudo banger daemon start', 'once'],
    ['banger vm run debian', 'a shell in a VM'],
    ['banger help vm run', 'more about a command'],
    ['banger help', 'options and short forms'],
  ]);
}

function overviewDetails(lines: Lines, grammar: Grammar): void {
  lines.heading('Short forms');
  const shortcuts = grammar.commands.flatMap(({ path, shortcuts = [] }) =>
    shortcuts.map((short): [string, string] => [short, `as ${path.join(' ')}`]),
  );
  lines.pairs(shortcuts);
  lines.heading('Options of every command');
  lines.pairs(grammar.globals.map(optionPair));
}

function groupHelp(lines: Lines, grammar: Grammar, name: string): void {
  const group = grammar.groups.find((each) => each.name === name);
  lines.paragraph(`banger ${name}: ${group?.summary ?? ''}`);
  lines.heading('Commands');
  lines.pairs(commandsOf(grammar, name).map(asPair));
  lines.blank();
  lines.raw(`banger help ${name} COMMAND says more about one.`);
}

function commandHelp(lines: Lines, grammar: Grammar, command: CommandSpec): void {
  const { path, aliases = [], shortcuts = [], summary, notes = [], operands = [], options = [], examples } = command;
  lines.paragraph(`banger ${path.join(' ')}: ${summary}`);
  lines.heading('Usage');
  lines.raw(usageLine(command));
  const others = [
    ...aliases.map((alias) => `banger ${path[0]} ${alias}`),
    ...shortcuts.map((each) => `banger ${each}`),
  ];
  if (others.length > 0) lines.raw(`also: ${others.join(', ')}`);
  for (const text of notes) {
    lines.blank();
    lines.paragraph(text);
  }
  if (operands.length > 0) {
    lines.heading('Arguments');
    lines.pairs(operands.map(({ name, help }) => [name, help]));
  }
  if (options.length > 0) {
    lines.heading('Options');
    lines.pairs(options.map(optionPair));
  }
  lines.heading('Options of every command');
  lines.pairs(grammar.globals.map(optionPair));
  lines.heading('Examples');
  lines.examples(examples.map(({ line, explains }) => [line, explains]));
}

function commandsOf(grammar: Grammar, group: string): CommandSpec[] {
  return grammar.commands.filter(({ path }) => path.length === 2 && path[0] === group);
}

function asPair({ path, aliases = [], summary }: CommandSpec): [string, string] {
  const verb = path[path.length - 1] ?? '';
  return [[verb, ...aliases].join(', '), summary];
}

function optionPair({ name, short, value, help }: OptionSpec): [string, string] {
  const head = short === undefined ? `    --${name}` : `-${short}, --${name}`;
  return [value === undefined ? head : `${head} ${value}`, help];
}

class Lines {
  readonly #lines: string[] = [];
  readonly #style: Style;
  readonly #width: number;

  constructor({ style, columns }: HelpView) {
    this.#style = style;
    this.#width = Math.min(columns ?? WIDEST, WIDEST);
  }

  text(): string {
    return `${this.#lines.join('\n')}\n`;
  }

  blank(): void {
    this.#lines.push('');
  }

  paragraph(text: string): void {
    this.#lines.push(...wrap(text, this.#width));
  }

  heading(text: string): void {
    this.#lines.push('', this.#style.bold(`${text}:`));
  }

  raw(text: string): void {
    this.#lines.push(INDENT + text);
  }

  /** Terms with what they mean beside them, under each other. */
  pairs(pairs: readonly (readonly [string, string])[]): void {
    const termWidth = Math.max(...pairs.map(([term]) => term.length)) + 2;
    const textWidth = Math.max(20, this.#width - termWidth - INDENT.length);
    for (const [term, text] of pairs) {
      const [first = '', ...rest] = wrap(text, textWidth);
      this.raw(this.#style.bold(term) + ' '.repeat(termWidth - term.length) + first);
      for (const line of rest) this.raw(' '.repeat(termWidth) + line);
    }
  }

  /** Lines to type are too long to have their meaning beside them. */
  examples(pairs: readonly (readonly [string, string])[]): void {
    for (const [line, explains] of pairs) {
      this.raw(this.#style.dim(`# ${explains}`));
      this.raw(line);
    }
  }
}
