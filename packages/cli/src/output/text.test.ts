import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { safeLine, safeText, truncate, wrap } from './text.ts';

describe('safeText', () => {
  test.each([
    ['plain ünïcode → 日本', 'plain ünïcode → 日本'],
    ['\u001B[31mred\u001B[0m', 'red'],
    ['\u001B]0;title\u0007rest', 'rest'],
    ['\u001B]8;;http://x\u001B\\link\u001B]8;;\u001B\\', 'link'],
    ['a\u001B[2Jb', 'ab'],
    ['bell\u0007 back\b del\u007F c1\u009B31m', 'bell back del c131m'],
    ['over\rwrite', 'overwrite'],
    ['abc\u202Etxt.exe', 'abctxt.exe'],
    ['two\r\nlines\tand a tab', 'two\nlines\tand a tab'],
  ])('%o', (text, safe) => {
    expect(safeText(text)).toBe(safe);
  });

  test('nothing that a terminal obeys is left, whatever comes', () => {
    const nasty = fc.constantFrom(
      '\u001B',
      '\u009B',
      '[',
      ']',
      '\u0007',
      '\\',
      '\r',
      '\n',
      '\b',
      '\u202E',
      'm',
      '0',
      'a',
    );
    fc.assert(
      fc.property(fc.array(nasty, { maxLength: 20 }), (parts) => {
        // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
        expect(safeText(parts.join(''))).not.toMatch(/[\u0000-\u0008\u000B-\u001F\u007F-\u009F\u202A-\u202E]/);
        expect(safeLine(parts.join(''))).not.toMatch(/[\n\t]/);
      }),
      { seed: 1, numRuns: 1000 },
    );
  });
});

test('truncate', () => {
  expect(truncate('abcdef', 6)).toBe('abcdef');
  expect(truncate('abcdef', 4)).toBe('abc…');
  expect(truncate('abc', 0)).toBe('');
});

test('wrap', () => {
  expect(wrap('one two three four', 9)).toEqual(['one two', 'three', 'four']);
  expect(wrap('incomprehensibilities', 5)).toEqual(['incomprehensibilities']);
});
