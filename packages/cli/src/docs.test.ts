import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { usageLine } from './arguments/help.ts';
import { grammar } from './commands/grammar.ts';
import { exitStatuses } from './exit-status.ts';

const page = readFileSync(new URL('../../../docs/cli.md', import.meta.url), 'utf8');
const rows = page.split('\n').filter((line) => line.startsWith('| '));

test('docs/cli.md has every command as its help has it, and no other', () => {
  const wanted = grammar.commands.map((command) => `| \`${usageLine(command)}\` | ${command.summary} |`);
  expect(rows.filter((row) => row.startsWith('| `banger '))).toEqual(wanted);
});

test('docs/cli.md has the exit status of every class', () => {
  const documented = rows.flatMap((row) => {
    const [, status, name] = /^\| (\d+) \| (\w+) \|/.exec(row) ?? [];
    return status === undefined || name === undefined ? [] : [[name, Number(status)] as const];
  });
  expect(Object.fromEntries(documented)).toEqual(exitStatuses);
});
