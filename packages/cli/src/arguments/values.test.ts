import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseCount, parseDuration, parseEnvironment, parseMebibytes, parseSize } from './values.ts';

describe('sizes', () => {
  test.each([
    ['512M', 512 * 2 ** 20],
    ['512m', 512 * 2 ** 20],
    ['2GiB', 2 ** 31],
    ['2gb', 2 ** 31],
    ['1.5G', 1.5 * 2 ** 30],
    ['8388608', 8 * 2 ** 20],
    ['64K', 65_536],
    ['1T', 2 ** 40],
  ])('%s is %i bytes', (text, bytes) => {
    expect(parseSize('--disk', text)).toBe(bytes);
  });

  test('a plain number that cannot be meant as bytes is asked about', () => {
    expect(() => parseSize('--memory', '512')).toThrow(
      expect.objectContaining({ message: '--memory 512 has no unit', remediation: 'Write 512M or 512G.' }),
    );
  });

  test.each(['', 'M', '-1M', '1e3M', '1 M', '0M', '0.3K', '5X', 'NaN', '99999999T'])('%o is refused', (text) => {
    expect(() => parseSize('--disk', text)).toThrow('--disk');
  });

  test('memory is whole MiB', () => {
    expect(parseMebibytes('--memory', '2G')).toBe(2048);
    expect(() => parseMebibytes('--memory', '1500K')).toThrow('whole number of MiB');
  });

  test('whatever is typed gives a positive whole number or a usage error', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 8 }), (text) => {
        let size = 1;
        try {
          size = parseSize('--disk', text);
        } catch (error) {
          expect(error).toMatchObject({ code: 'invalid_params' });
        }
        expect(Number.isSafeInteger(size) && size > 0).toBe(true);
      }),
      { seed: 1 },
    );
  });
});

test('counts', () => {
  expect(parseCount('--vcpus', '4')).toBe(4);
  for (const text of ['0', '-1', '1.5', 'two', '']) expect(() => parseCount('--vcpus', text)).toThrow('--vcpus');
});

test('durations in milliseconds', () => {
  expect(parseDuration('--grace', '30')).toBe(30_000);
  expect(parseDuration('--grace', '500ms')).toBe(500);
  expect(parseDuration('--grace', '1.5m')).toBe(90_000);
  expect(() => parseDuration('--grace', 'soon')).toThrow('--grace soon');
});

describe('environment', () => {
  test('takes values from the word or from here', () => {
    const { values, unset } = parseEnvironment(['A=1', 'B=x=y', 'LANG', 'GONE', 'E='], { LANG: 'C' });
    expect(values).toEqual({ A: '1', B: 'x=y', LANG: 'C', E: '' });
    expect(unset).toEqual(['GONE']);
  });

  test('a name that means something to objects is a name', () => {
    expect(Object.entries(parseEnvironment(['__proto__=x'], {}).values)).toEqual([['__proto__', 'x']]);
  });

  test.each(['=x', '1A=x', 'A-B=x', ''])('%o is refused', (word) => {
    expect(() => parseEnvironment([word], {})).toThrow('--env');
  });
});
