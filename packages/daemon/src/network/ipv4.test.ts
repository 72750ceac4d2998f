import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  contains,
  formatAddress,
  formatCidr,
  guestAddresses,
  lastAddress,
  overlaps,
  parseAddress,
  parseCidr,
} from './ipv4.ts';

const cidr = (text: string) => parseCidr(text)!;

describe('IPv4 arithmetic', () => {
  it.each(['', '1.2.3', '1.2.3.4.5', '256.0.0.1', '1.2.3.x', ' 1.2.3.4', '01.2.3.4', '1e1.0.0.0'])(
    'refuses %j',
    (text) => {
      expect(parseAddress(text)).toBeUndefined();
      expect(parseCidr(`${text}/8`)).toBeUndefined();
    },
  );

  it.each(['10.0.0.0/33', '10.0.0.0/-1', '10.0.0.0/', '10.0.0.0/8/8', 'default', 'fe80::/64'])(
    'refuses the range %j',
    (text) => {
      expect(parseCidr(text)).toBeUndefined();
    },
  );

  it('writes what it reads', () => {
    fc.assert(
      fc.property(fc.nat({ max: 0xffff_ffff }), (address) => {
        expect(parseAddress(formatAddress(address))).toBe(address);
      }),
      { seed: 3 },
    );
    expect(formatCidr(cidr('172.30.5.9/16'))).toBe('172.30.0.0/16');
    expect(formatCidr(cidr('192.0.2.1'))).toBe('192.0.2.1/32');
    expect(formatCidr(cidr('255.255.255.255/0'))).toBe('0.0.0.0/0');
  });

  it.each([
    ['10.0.0.0/8', '10.231.0.0/24', true],
    ['10.231.0.0/24', '10.0.0.0/8', true],
    ['10.231.0.0/24', '10.231.1.0/24', false],
    ['0.0.0.0/0', '203.0.113.7', true],
    ['192.168.0.0/25', '192.168.0.128/25', false],
  ])('%s and %s overlap: %s', (a, b, expected) => {
    expect(overlaps(cidr(a), cidr(b))).toBe(expected);
  });

  it('agrees with a count of the addresses', () => {
    const small = fc.tuple(fc.nat({ max: 63 }), fc.integer({ min: 26, max: 32 })).map(([low, prefixLength]) => {
      return parseCidr(`10.0.0.${low}/${prefixLength}`)!;
    });
    const all = (range: ReturnType<typeof cidr>): number[] =>
      Array.from({ length: lastAddress(range) - range.network + 1 }, (_, index) => range.network + index);
    fc.assert(
      fc.property(small, small, (a, b) => {
        const inBoth = all(a).filter((address) => all(b).includes(address));
        expect(overlaps(a, b)).toBe(inBoth.length > 0);
        expect(contains(a, b)).toBe(inBoth.length === all(b).length);
      }),
      { seed: 3 },
    );
  });

  it('counts guests without network, gateway and broadcast address', () => {
    expect([...guestAddresses(cidr('10.231.0.0/29'))]).toEqual([
      '10.231.0.2',
      '10.231.0.3',
      '10.231.0.4',
      '10.231.0.5',
      '10.231.0.6',
    ]);
    expect([...guestAddresses(cidr('10.231.0.0/30'))]).toEqual(['10.231.0.2']);
    expect([...guestAddresses(cidr('10.231.0.0/31'))]).toEqual([]);
    expect([...guestAddresses(cidr('10.231.0.0/32'))]).toEqual([]);
  });
});
