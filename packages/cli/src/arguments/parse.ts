import { usageError } from '../cli-error.ts';
import { Invocation } from './invocation.ts';
import { isOption, OptionReader } from './parse-options.ts';
import type { CommandSpec, Grammar } from './spec.ts';
import { nearest } from './suggest.ts';

/** What a command line asks for. */
export type Request =
  | { readonly kind: 'command'; readonly command: CommandSpec; readonly invocation: Invocation }
  | { readonly kind: 'help'; readonly topic: CommandSpec | string | undefined; readonly asked: boolean }
  | { readonly kind: 'version'; readonly invocation: Invocation };

/** What could be understood of a command line although it is wrong, for the error's hint. */
export class UsageProblem extends Error {
  override readonly name = 'UsageProblem';
  readonly topic: CommandSpec | string | undefined;

  constructor(cause: unknown, topic: CommandSpec | string | undefined) {
    super('usage', { cause });
    this.topic = topic;
  }
}

/**
 * Sorts the words of a command line.
 * @param words without the program's own name
 * @throws UsageProblem with the CliError as its cause
 */
export function parse(grammar: Grammar, words: readonly string[]): Request {
  const rest = [...words];
  const leading = new OptionReader(grammar.globals);
  let topic: CommandSpec | string | undefined;
  try {
    const asksHelp = takeLeading(leading, rest);
    if (leading.values.has('version')) return { kind: 'version', invocation: new Invocation(leading.values, [], []) };
    topic = takeCommand(grammar, rest, leading);
    const helps = asksHelp || leading.values.has('help');
    if (helps || topic === undefined || typeof topic === 'string') return { kind: 'help', topic, asked: helps };
    const invocation = parseCommand(topic, grammar, rest, leading);
    if (invocation.flag('version')) return { kind: 'version', invocation };
    return invocation.flag('help')
      ? { kind: 'help', topic, asked: true }
      : { kind: 'command', command: topic, invocation };
  } catch (error) {
    throw new UsageProblem(error, topic);
  }
}

/** Global options may stand before the command. Answers whether the word `help` did. */
function takeLeading(reader: OptionReader, rest: string[]): boolean {
  for (let first = rest[0]; first !== undefined && isOption(first); first = rest[0]) reader.take(rest);
  if (rest[0] !== 'help') return false;
  rest.shift();
  return true;
}

/** Takes the words that name a command or a group; a group's name comes back as text. */
function takeCommand(grammar: Grammar, rest: string[], reader: OptionReader): CommandSpec | string | undefined {
  const first = rest.shift();
  if (first === undefined) return undefined;
  const { commands } = grammar;
  const whole = commands.find(({ path, shortcuts }) =>
    path.length === 1 ? path[0] === first : shortcuts?.includes(first),
  );
  if (whole !== undefined) return whole;
  const group = grammar.groups.find(({ name }) => name === first);
  if (group === undefined) throw unknownCommand(grammar, first);
  while (rest[0] !== undefined && isOption(rest[0])) reader.take(rest);
  const verb = rest.shift();
  if (verb === undefined) return group.name;
  const inGroup = commands.filter(({ path }) => path.length === 2 && path[0] === group.name);
  const command = inGroup.find(({ path, aliases }) => path[1] === verb || aliases?.includes(verb));
  if (command !== undefined) return command;
  const verbs = inGroup.flatMap(({ path, aliases }) => [path[1] ?? '', ...(aliases ?? [])]);
  const near = nearest(verb, verbs);
  throw usageError(
    `unknown command ${group.name} ${verb}`,
    near === undefined ? undefined : `Did you mean banger ${group.name} ${near}?`,
  );
}

function unknownCommand(grammar: Grammar, word: string): Error {
  const candidates = new Map<string, string>();
  for (const { path, shortcuts } of grammar.commands) {
    // `banger start` most likely means a VM: the groups come in the order of how often they are meant.
    const verb = path[path.length - 1] ?? '';
    if (!candidates.has(verb)) candidates.set(verb, path.join(' '));
    for (const shortcut of shortcuts ?? []) candidates.set(shortcut, shortcut);
  }
  for (const { name } of grammar.groups) candidates.set(name, name);
  const near = nearest(word, candidates.keys());
  return usageError(
    `unknown command ${word}`,
    near === undefined ? undefined : `Did you mean banger ${candidates.get(near)}?`,
  );
}

function parseCommand(command: CommandSpec, grammar: Grammar, rest: string[], leading: OptionReader): Invocation {
  const reader = new OptionReader([...(command.options ?? []), ...grammar.globals]);
  for (const [name, values] of leading.values) reader.values.set(name, values);
  const specs = command.operands ?? [];
  const many = specs.at(-1)?.many === true;
  const operands: string[] = [];
  let trailing: string[] = [];
  while (rest.length > 0) {
    const word = rest[0] ?? '';
    const full = operands.length >= specs.length && !many;
    if (word === '--') {
      const words = rest.splice(0).slice(1);
      if (command.trailing === undefined) operands.push(...words);
      else trailing = words;
    } else if (isOption(word)) {
      reader.take(rest);
    } else if (full && command.trailing !== undefined) {
      // Like docker: the first word after the operands begins the command, and all that follows is its.
      trailing = rest.splice(0);
    } else {
      operands.push(rest.shift() ?? '');
    }
  }
  if (!reader.values.has('help') && !reader.values.has('version')) checkCount(command, operands);
  return new Invocation(reader.values, operands, trailing);
}

function checkCount(command: CommandSpec, operands: readonly string[]): void {
  const specs = command.operands ?? [];
  const missing = specs.find(({ optional }, index) => optional !== true && index >= operands.length);
  if (missing !== undefined) throw usageError(`${missing.name} is missing: ${missing.help}`);
  const extra = operands[specs.length];
  if (extra !== undefined && specs.at(-1)?.many !== true) throw usageError(`unexpected word ${extra}`);
}
