import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { grammar } from '../commands/grammar.ts';
import type { Invocation } from './invocation.ts';
import { parse, UsageProblem } from './parse.ts';

function command(line: string): { path: string; invocation: Invocation } {
  const request = parse(grammar, line.split(' '));
  if (request.kind !== 'command') throw new Error(`${line} is ${request.kind}`);
  return { path: request.command.path.join(' '), invocation: request.invocation };
}

function problem(line: string): { message: string; remediation?: string } {
  try {
    parse(grammar, line.split(' '));
  } catch (error) {
    if (error instanceof UsageProblem) return error.cause as Error & { remediation?: string };
    throw error;
  }
  throw new Error(`${line} was understood`);
}

describe('which command', () => {
  test.each([
    ['vm list', 'vm list'],
    ['vm ls', 'vm list'],
    ['vm ps', 'vm list'],
    ['ls', 'vm list'],
    ['run debian', 'vm run'],
    ['exec box', 'vm exec'],
    ['vm rm box', 'vm delete'],
    ['image rm x', 'image delete'],
    ['images', 'image list'],
    ['--json vm --quiet list', 'vm list'],
    ['--socket /x vm list', 'vm list'],
    ['doctor', 'doctor'],
  ])('%s is %s', (line, path) => {
    expect(command(line).path).toBe(path);
  });

  test.each([
    ['vm lst', 'unknown command vm lst', 'Did you mean banger vm list?'],
    ['vmm', 'unknown command vmm', 'Did you mean banger vm?'],
    ['start', 'unknown command start', 'Did you mean banger vm start?'],
    ['pull', 'unknown command pull', 'Did you mean banger image pull?'],
    ['rnu debian', 'unknown command rnu', 'Did you mean banger run?'],
    ['qqqqqq', 'unknown command qqqqqq', undefined],
  ])('%s is refused', (line, message, remediation) => {
    expect(problem(line)).toMatchObject({ message, remediation });
  });

  test.each(['help', '--help', 'help vm', 'vm --help', 'vm', 'vm run --help', 'help vm run', 'vm run debian -it -h'])(
    '%s shows help',
    (line) => {
      expect(parse(grammar, line.split(' '))).toMatchObject({ kind: 'help' });
    },
  );

  test('--version anywhere', () => {
    expect(parse(grammar, ['--version']).kind).toBe('version');
    expect(parse(grammar, ['vm', 'run', '--version']).kind).toBe('version');
  });
});

describe('options', () => {
  test('before and after operands, with and without =, in clusters', () => {
    const { invocation } = command('vm run -it debian --name=box --vcpus 2 -e A=1 -eB=2 -e=C=3');
    expect(invocation.operand).toBe('debian');
    expect([invocation.flag('interactive'), invocation.flag('tty'), invocation.flag('rm')]).toEqual([
      true,
      true,
      false,
    ]);
    expect([invocation.value('name'), invocation.value('vcpus')]).toEqual(['box', '2']);
    expect(invocation.values('env')).toEqual(['A=1', 'B=2', 'C=3']);
  });

  test('the last value wins', () => {
    expect(command('vm create debian --name a --name b').invocation.value('name')).toBe('b');
  });

  test.each([
    ['vm run --nmae x debian', 'unknown option --nmae', 'Did you mean --name?'],
    ['vm run -x debian', 'unknown option -x', undefined],
    ['vm run -ix debian', 'unknown option -x in -ix', undefined],
    ['vm run -name x debian', 'unknown option -name', 'Did you mean --name?'],
    ['vm run debian --name', '--name needs a value: --name NAME', undefined],
    ['vm run debian --name -- x', '--name needs a value: --name NAME', undefined],
    ['vm run debian --rm=yes', '--rm takes no value', undefined],
    ['vm list --rm', 'unknown option --rm', undefined],
  ])('%s is refused', (line, message, remediation) => {
    expect(problem(line)).toMatchObject({ message, remediation });
  });
});

describe('operands and the command for the VM', () => {
  test('after -- everything is the command', () => {
    const { invocation } = command('vm run debian --rm -- ls -la --rm --');
    expect(invocation.trailing).toEqual(['ls', '-la', '--rm', '--']);
    expect(invocation.flag('rm')).toBe(true);
  });

  test('as with docker, the first word after the image begins the command', () => {
    const { invocation } = command('vm run --rm debian uname -a --json');
    expect(invocation.trailing).toEqual(['uname', '-a', '--json']);
    expect(invocation.flag('json')).toBe(false);
  });

  test('several VMs', () => {
    expect(command('vm stop a b c').invocation.operands).toEqual(['a', 'b', 'c']);
    expect(command('vm stop a -- -b').invocation.operands).toEqual(['a', '-b']);
  });

  test.each([
    ['vm show', "VM is missing: a VM's name, id, or a unique beginning of either"],
    ['vm show a b', 'unexpected word b'],
    ['vm list a', 'unexpected word a'],
    ['vm run -- ls', 'IMAGE is missing: a catalog or local image, for example debian or debian:12'],
  ])('%s is refused', (line, message) => {
    expect(problem(line).message).toBe(message);
  });

  test('no command line makes it fail otherwise', () => {
    const known = grammar.commands.flatMap(({ path, options = [] }) => [
      ...path,
      ...options.map(({ name }) => `--${name}`),
    ]);
    const word = fc.oneof(fc.constantFrom(...known, '--', '-', '-it', '--json', 'help'), fc.string({ maxLength: 6 }));
    fc.assert(
      fc.property(fc.array(word, { maxLength: 8 }), (words) => {
        try {
          parse(grammar, words);
        } catch (error) {
          expect(error).toBeInstanceOf(UsageProblem);
          expect((error as UsageProblem).cause).toMatchObject({ code: 'invalid_params' });
        }
      }),
      { seed: 1, numRuns: 2000 },
    );
  });
});
