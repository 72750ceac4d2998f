import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deriveMac, LINK_NAME_MAX_BYTES, linkAlias, linkName, tapName } from './names.ts';

describe('names', () => {
  it('makes TAP names that fit and name instance and VM', () => {
    const name = tapName('1a2b3c4d', '0123456789abcdef');
    expect(name).toBe('bt1a2b012345678');
    expect(Buffer.byteLength(name)).toBeLessThanOrEqual(LINK_NAME_MAX_BYTES);
  });

  it('derives the same unicast, locally administered MAC from the same id', () => {
    expect(deriveMac('a')).toBe(deriveMac('a'));
    expect(deriveMac('a')).not.toBe(deriveMac('b'));
    fc.assert(
      fc.property(fc.string(), (id) => {
        const mac = deriveMac(id);
        expect(mac).toMatch(/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/);
        expect(Number.parseInt(mac.slice(0, 2), 16) & 0x03).toBe(0x02);
      }),
      { seed: 3 },
    );
  });

  it.each(['', '-a', 'a b', 'a\nlink', '.', '..', 'a/b', 'abcdefghijklmnop', 'ä'])('refuses the name %j', (name) => {
    expect(() => linkName(name)).toThrow(RangeError);
  });

  it.each(['', 'a b', 'a\n', '"', 'x'.repeat(256)])('refuses the alias %j', (alias) => {
    expect(() => linkAlias(alias)).toThrow(RangeError);
  });
});
