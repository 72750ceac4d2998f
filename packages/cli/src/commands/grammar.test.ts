import { expect, test } from 'vitest';
import { renderHelp } from '../arguments/help.ts';
import { styleFor } from '../output/style.ts';
import { grammar } from './grammar.ts';

const view = { style: styleFor(false), columns: 80, full: true };

test('every command has an example, loads, and has no option twice', async () => {
  for (const command of grammar.commands) {
    expect(command.examples).not.toHaveLength(0);
    expect(await command.load()).toBeTypeOf('function');
    const options = [...(command.options ?? []), ...grammar.globals];
    const names = options.flatMap(({ name, short }) => (short === undefined ? [name] : [name, short]));
    expect([...new Set(names)]).toEqual(names);
  }
});

test('no word means two commands', () => {
  const words = grammar.commands.flatMap(({ path, aliases = [], shortcuts = [] }) => [
    path.join(' '),
    ...aliases.map((alias) => `${path[0]} ${alias}`),
    ...shortcuts,
  ]);
  const all = [...words, ...grammar.groups.map(({ name }) => name)];
  expect(new Set(all).size).toBe(all.length);
});

test('help fits the terminal and shows everything that the command takes', () => {
  for (const command of grammar.commands) {
    const help = renderHelp(grammar, command, view);
    for (const { name } of [...(command.options ?? []), ...grammar.globals]) expect(help).toContain(`--${name}`);
    for (const { line } of command.examples) expect(help).toContain(line);
    const prose = help.split('\n').filter((line) => !command.examples.some((example) => line.includes(example.line)));
    expect(prose.filter((line) => line.length > 80)).toEqual([]);
  }
});

test('the overview names every command', () => {
  const help = renderHelp(grammar, undefined, view);
  for (const { path } of grammar.commands) expect(help).toContain(` ${path.at(-1)}`);
});
