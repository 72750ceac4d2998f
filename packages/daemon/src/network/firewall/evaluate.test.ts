import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseCidr } from '../ipv4.ts';
import { findBlockers } from './evaluate.ts';
import { parseIptablesSave } from './iptables-save.ts';
import type { Packet } from './model.ts';
import { parseRuleset } from './nft-ruleset.ts';

const packet: Packet = {
  iif: 'br0',
  oif: 'eth0',
  neither: 'br0',
  saddr: parseCidr('10.231.0.0/24'),
  daddr: undefined,
  protocol: 'tcp',
  sport: undefined,
  dport: 443,
  state: 'new',
  local: false,
};

/** Whether rules of FORWARD certainly drop the packet. */
function drops(rules: readonly string[], policy = 'ACCEPT', what: Partial<Packet> = {}): boolean {
  const chains = new Set(rules.map((rule) => rule.split(' ')[0]).filter((name) => name !== 'FORWARD'));
  const text = [
    '*filter',
    `:FORWARD ${policy} [0:0]`,
    ...[...chains].map((name) => `:${name} - [0:0]`),
    ...rules.map((rule) => `-A ${rule}`),
    'COMMIT',
  ].join('\n');
  return findBlockers(parseIptablesSave(text, 'iptables-nft'), 'forward', { ...packet, ...what }).length > 0;
}

describe('rules as iptables-save prints them', () => {
  it.each<[string, readonly string[], string, boolean]>([
    ['an accepting policy', [], 'ACCEPT', false],
    ['a dropping policy', [], 'DROP', true],
    ['an accept before the policy', ['FORWARD -i br0 -j ACCEPT'], 'DROP', false],
    ['an accept for others', ['FORWARD -i docker0 -j ACCEPT'], 'DROP', true],
    ['an accept by wildcard', ['FORWARD -i br+ -j ACCEPT'], 'DROP', false],
    ['a negated interface', ['FORWARD ! -i br0 -j ACCEPT'], 'DROP', true],
    ['a drop for us', ['FORWARD -i br0 -j DROP', 'FORWARD -j ACCEPT'], 'ACCEPT', true],
    ['a reject of our range', ['FORWARD -s 10.0.0.0/8 -j REJECT --reject-with icmp-port-unreachable'], 'ACCEPT', true],
    ['a drop of part of our range', ['FORWARD -s 10.231.0.128/25 -j DROP'], 'ACCEPT', false],
    ['a drop of some destination', ['FORWARD -d 192.0.2.0/24 -j DROP'], 'ACCEPT', false],
    ['an accept of established only', ['FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT'], 'DROP', true],
    ['an accept of new', ['FORWARD -m state --state NEW -j ACCEPT'], 'DROP', false],
    ['an accept of another protocol', ['FORWARD -p udp -j ACCEPT'], 'DROP', true],
    ['an accept of our port', ['FORWARD -p tcp -m tcp --dport 400:500 -j ACCEPT'], 'DROP', false],
    ['an accept of another port', ['FORWARD -p tcp -m tcp --dport 22 -j ACCEPT'], 'DROP', true],
    [
      'an accept that depends on a match we cannot read',
      ['FORWARD -m recent --rcheck --name x -j ACCEPT'],
      'DROP',
      false,
    ],
    ['a drop that depends on one', ['FORWARD -m limit --limit 3/min -j DROP'], 'ACCEPT', false],
    [
      'a drop with a comment that looks like an option',
      ['FORWARD -m comment --comment "-i docker0" -j DROP'],
      'ACCEPT',
      true,
    ],
    ['a log', ['FORWARD -j LOG --log-prefix "x "'], 'DROP', true],
    ['an accept in a called chain', ['FORWARD -j USER', 'USER -i br0 -j ACCEPT'], 'DROP', false],
    [
      'a return from a called chain',
      ['FORWARD -j USER', 'FORWARD -j ACCEPT', 'USER -j RETURN', 'USER -j DROP'],
      'DROP',
      false,
    ],
    [
      'a goto, after which the caller ends',
      ['FORWARD -g USER', 'FORWARD -j ACCEPT', 'USER -i docker0 -j ACCEPT'],
      'DROP',
      true,
    ],
    ['a return from the base chain', ['FORWARD -j RETURN', 'FORWARD -j ACCEPT'], 'DROP', true],
    ['chains in a circle', ['FORWARD -j A', 'A -j B', 'B -j A'], 'DROP', false],
    ['a queue to a program', ['FORWARD -j NFQUEUE --queue-num 0'], 'ACCEPT', false],
  ])('%s', (_name, rules, policy, expected) => {
    expect(drops(rules, policy)).toBe(expected);
  });

  it('knows nothing of an unknown uplink, but that it is not the bridge', () => {
    expect(drops(['FORWARD -o wg0 -j ACCEPT'], 'DROP', { oif: undefined })).toBe(false);
    expect(drops(['FORWARD -o br0 -j ACCEPT'], 'DROP', { oif: undefined })).toBe(true);
  });

  it('ignores tables that do not filter', () => {
    const nat = parseIptablesSave('*nat\n:FORWARD DROP [0:0]\nCOMMIT\n', 'iptables-legacy');
    expect(findBlockers(nat, 'forward', packet)).toEqual([]);
  });

  it('reads any text', () => {
    const words = fc.constantFrom(
      '*filter',
      ':FORWARD',
      'DROP',
      '-A',
      'FORWARD',
      '-j',
      '-g',
      '!',
      '-i',
      '"',
      '--comment',
      'a',
    );
    const line = fc.array(words, { maxLength: 8 }).map((parts) => parts.join(' '));
    fc.assert(
      fc.property(
        fc.oneof(
          fc.array(line).map((lines) => lines.join('\n')),
          fc.string(),
        ),
        (text) => {
          findBlockers(parseIptablesSave(text, 'iptables-nft'), 'forward', packet);
        },
      ),
      { seed: 3, numRuns: 500 },
    );
  });

  it('gives up on chains that call each other without end, and then finds nothing', () => {
    const rules = Array.from({ length: 30 }, (_, index) => [
      `${index === 0 ? 'FORWARD' : `C${index}`} -j C${index + 1}`,
      `${index === 0 ? 'FORWARD' : `C${index}`} -j C${index + 1}`,
    ]).flat();
    expect(drops([...rules, 'C30 -i docker0 -j ACCEPT'], 'DROP')).toBe(false);
  });
});

describe('rules as nft prints them', () => {
  /** Whether a forward chain with these expressions per rule certainly drops the packet. */
  function dropsNft(
    rules: readonly (readonly unknown[])[],
    policy: 'accept' | 'drop',
    what: Partial<Packet> = {},
  ): boolean {
    const place = { family: 'inet', table: 't' };
    const objects = [
      { chain: { ...place, name: 'f', type: 'filter', hook: 'forward', policy } },
      ...rules.map((expr) => ({ rule: { ...place, chain: 'f', expr } })),
    ];
    const { tables } = parseRuleset(JSON.stringify({ nftables: objects }));
    return findBlockers(tables, 'forward', { ...packet, ...what }).length > 0;
  }
  const match = (left: unknown, right: unknown, op = '==') => ({ match: { op, left, right } });
  const iifname = { meta: { key: 'iifname' } };
  const saddr = { payload: { protocol: 'ip', field: 'saddr' } };
  const dport = { payload: { protocol: 'th', field: 'dport' } };
  const accept = { accept: null };
  const drop = { drop: null };

  it.each<[string, readonly unknown[], 'accept' | 'drop', boolean]>([
    ['interface', [match(iifname, 'br0'), accept], 'drop', false],
    ['interface in a set', [match(iifname, { set: ['lo', 'br0'] }), accept], 'drop', false],
    ['interface not in a set', [match(iifname, { set: ['lo', 'br0'] }, '!='), accept], 'drop', true],
    ['interface by wildcard', [match(iifname, 'br*'), accept], 'drop', false],
    ['interface in a named set', [match(iifname, { set: '@x' }), accept], 'drop', false],
    ['range', [match(saddr, { prefix: { addr: '10.0.0.0', len: 8 } }), drop], 'accept', true],
    ['range in a named set', [match(saddr, '@blocked'), drop], 'accept', false],
    ['ports', [match(dport, { range: [400, 500] }), drop], 'accept', true],
    ['port in a set with counters', [match(dport, { set: [{ elem: { val: 443 } }] }), drop], 'accept', true],
    ['protocol', [match({ meta: { key: 'l4proto' } }, 'udp'), drop], 'accept', false],
    ['port of another protocol', [match({ payload: { protocol: 'udp', field: 'dport' } }, 443), drop], 'accept', false],
    ['IPv6 only', [match({ meta: { key: 'nfproto' } }, 'ipv6'), drop], 'accept', false],
    ['state', [match({ ct: { key: 'state' } }, ['established', 'related'], 'in'), accept], 'drop', true],
    ['counter, log and comment', [{ counter: { packets: 1, bytes: 2 } }, { log: null }, drop], 'accept', true],
    ['limit', [{ limit: { rate: 1 } }, drop], 'accept', false],
    ['reject', [{ reject: { type: 'tcp reset' } }], 'accept', true],
    ['verdict map that only drops', [{ vmap: { key: iifname, data: { set: [['br0', drop]] } } }], 'accept', false],
    ['verdict map that may accept', [{ vmap: { key: iifname, data: { set: [['br0', accept]] } } }], 'drop', false],
    ['named verdict map', [{ vmap: { key: iifname, data: '@map' } }], 'drop', false],
    ['jump to a chain that is not there', [{ jump: { target: 'gone' } }], 'drop', true],
    ['expression of a later version', [{ teleport: 1 }, drop], 'accept', false],
    ['REJECT of iptables', [{ xt: { type: 'target', name: 'REJECT' } }], 'accept', true],
  ])('%s', (_name, rule, policy, expected) => {
    expect(dropsNft([rule], policy)).toBe(expected);
  });
});
