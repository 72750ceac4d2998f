import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runLine, shells } from '../test/shells.ts';
import { shellQuote } from './shell-quote.ts';

/** Any text that can be an argument, with what shells treat specially in front. */
const argument = fc.oneof(
  fc.string({ unit: fc.constantFrom(...`'"\\$\`!*?[]{}()<>|&;#~=%^-+@, \t\n\r`.split('')) }),
  fc.string({ unit: 'binary', maxLength: 40 }).map((text) => text.replaceAll('\0', '').toWellFormed()),
);

describe('shellQuote', () => {
  it.each(shells.map((shell) => ({ shell, name: shell.join(' ') })))('comes through $name as it was', ({ shell }) => {
    fc.assert(
      fc.property(fc.array(argument, { minLength: 1, maxLength: 20 }), (args) => {
        const { stdout } = runLine(shell, `printf '%s\\0' ${args.map(shellQuote).join(' ')}`);
        expect(stdout).toBe(args.map((arg) => `${arg}\0`).join(''));
      }),
      { seed: 3, numRuns: 60 },
    );
  });

  it('leaves plain words readable', () => {
    expect(['/bin/ls', 'a-b_c.d', 'user@host:/x', '-l', '~', 'A=1', ''].map(shellQuote)).toEqual([
      '/bin/ls',
      'a-b_c.d',
      'user@host:/x',
      "'-l'",
      "'~'",
      "'A=1'",
      "''",
    ]);
  });

  it('refuses NUL', () => {
    expect(() => shellQuote('a\0b')).toThrow('NUL');
  });
});
