import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseCidr } from '../ipv4.ts';
import { findBlocked } from './blocked.ts';
import { planDockerAccept, planDockerRemoval, withDockerAccept } from './docker-user.ts';
import { fingerprint } from './fingerprint.ts';
import { parseIptablesSave, splitWords } from './iptables-save.ts';
import { NftOutputError, parseRuleset } from './nft-ruleset.ts';

/** Output of nft 1.0.6 and iptables 1.8.9 for rules as Docker 28, ufw 0.36 and firewalld 2 make them. */
const fixture = (name: string): string => readFileSync(new URL(`../fixtures/${name}`, import.meta.url), 'utf8');
const nft = (name: string) => parseRuleset(fixture(`${name}.nft.json`));

const side = {
  bridge: 'br-banger',
  cidr: parseCidr('172.30.0.0/16')!,
  gateway: parseCidr('172.30.0.1')!,
  uplink: 'eth0',
};
const TAG = 'banger:1a2b3c4d';

describe('findBlocked', () => {
  it('finds nothing on a host without rules', () => {
    expect(findBlocked(parseRuleset('').tables, side)).toEqual([]);
    expect(findBlocked(parseRuleset('{"nftables": [{"metainfo": {"version": "1.0.6"}}]}').tables, side)).toEqual([]);
  });

  it('finds a dropping policy, and names chain, table and remedy', () => {
    expect(
      findBlocked(
        nft('policy-drop').tables.filter(({ family }) => family === 'inet'),
        side,
      ),
    ).toEqual([
      {
        code: 'network_conflict',
        message:
          'The host\'s firewall drops the guests\' connections to the outside and the answers to guests: chain forward of table "inet filter" (its policy).',
        remediation: expect.stringContaining('nft insert rule inet filter forward iifname br-banger accept'),
      },
    ]);
  });

  it('finds the rejects of firewalld, of DNS too', () => {
    const findings = findBlocked(nft('firewalld').tables, { ...side, uplink: 'wlan0' });
    expect(findings.map(({ message }) => message)).toEqual([
      expect.stringMatching(
        /connections to the outside: chain filter_FORWARD of table "inet firewalld" \(one of its rules\)/,
      ),
      expect.stringMatching(/DNS queries to the gateway: chain filter_INPUT/),
    ]);
    expect(findings[0]?.remediation).toContain('firewall-cmd --permanent --zone=trusted --add-interface=br-banger');
  });

  it('finds what ufw drops, in and through', () => {
    const findings = findBlocked(parseIptablesSave(fixture('ufw.iptables-save'), 'iptables-nft'), side);
    expect(findings.map(({ remediation }) => remediation)).toEqual([
      'Run: ufw route allow in on br-banger && ufw route allow out on br-banger',
      'Run: ufw allow in on br-banger to 172.30.0.1 port 53',
    ]);
  });

  it.each([
    ['docker', 'iptables-nft'],
    ['docker-legacy', 'iptables-legacy'],
  ] as const)('finds what %s drops, and nothing once our rules are in its chain', (name, backend) => {
    const tables = parseIptablesSave(fixture(`${name}.iptables-save`), backend);
    expect(findBlocked(tables, side)).toHaveLength(1);
    expect(findBlocked(withDockerAccept(tables, side.bridge, TAG), side)).toEqual([]);
    expect(findBlocked(withDockerAccept(tables, 'another', TAG), side)).toHaveLength(1);
  });

  it('does not read too much into rules that nft cannot show', () => {
    const findings = findBlocked(nft('docker').tables, side);
    expect(findings).toHaveLength(1);
  });
});

describe('rules in DOCKER-USER', () => {
  const docker = fixture('docker.iptables-save');
  const tables = parseIptablesSave(docker, 'iptables-nft');
  const withRules = (...rules: readonly string[]) =>
    parseIptablesSave(
      docker.replace('COMMIT\n# Completed', `${rules.join('\n')}\nCOMMIT\n# Completed`),
      'iptables-nft',
    );
  const rule = (flag: string, bridge = side.bridge): string =>
    `-A DOCKER-USER ${flag} ${bridge} -m comment --comment "${TAG}" -j ACCEPT`;

  it('are added where Docker is, in one script per backend', () => {
    expect(planDockerAccept(tables, side.bridge, TAG)).toEqual([
      {
        backend: 'iptables-nft',
        script: `*filter\n${rule('-i').replace('-A', '-I')}\n${rule('-o').replace('-A', '-I')}\nCOMMIT\n`,
      },
    ]);
    expect(planDockerAccept(nft('policy-drop').tables, side.bridge, TAG)).toEqual([]);
  });

  it('are left alone when they are there, however iptables quotes them', () => {
    expect(planDockerAccept(withRules(rule('-o'), rule('-i')), side.bridge, TAG)).toEqual([]);
    expect(planDockerAccept(withRules(rule('-i').replaceAll('"', ''), rule('-o')), side.bridge, TAG)).toEqual([]);
  });

  it('replace those of an earlier bridge name, and halves', () => {
    const [edit] = planDockerAccept(withRules(rule('-i', 'br-old'), rule('-o')), side.bridge, TAG);
    expect(edit?.script).toContain(
      `${rule('-i', 'br-old').replace('-A', '-D')}\n${rule('-o').replace('-A', '-D')}\n-I `,
    );
  });

  it('are removed by their tag only', () => {
    const others = ['-A DOCKER-USER -i br-banger -j ACCEPT', rule('-i').replace(TAG, 'banger:ffffffff')];
    expect(planDockerRemoval(withRules(...others), TAG)).toEqual([]);
    expect(planDockerRemoval(withRules(...others, rule('-i')), TAG)).toEqual([
      { backend: 'iptables-nft', script: `*filter\n${rule('-i').replace('-A', '-D')}\nCOMMIT\n` },
    ]);
  });

  it('splits words as iptables quotes them', () => {
    expect(splitWords('-A x --comment "a \\"b\\" c" -j Y')).toEqual(['-A', 'x', '--comment', 'a "b" c', '-j', 'Y']);
  });
});

describe('fingerprint', () => {
  const counted = (packets: number, extra: object = {}): string =>
    JSON.stringify({
      nftables: [
        { chain: { family: 'ip', table: 't', name: 'c', handle: 1, ...extra } },
        { rule: { family: 'ip', table: 't', chain: 'c', handle: packets, expr: [{ counter: { packets, bytes: 1 } }] } },
        { set: { family: 'ip', table: 't', name: 's', elem: [packets] } },
      ],
    });
  const of = (text: string, legacy = ''): string => fingerprint(parseRuleset(text), legacy);

  it('is blind to counters, handles and elements of sets, and sees everything else', () => {
    expect(of(counted(1))).toBe(of(counted(2)));
    expect(of(counted(1))).not.toBe(of(counted(1, { policy: 'drop' })));
    expect(of(counted(1), ':FORWARD DROP [1:2]\n# at 1')).toBe(of(counted(1), ':FORWARD DROP [3:4]\n# at 2'));
    expect(of(counted(1), ':FORWARD DROP [1:2]')).not.toBe(of(counted(1), ':FORWARD ACCEPT [1:2]'));
  });
});

describe('parseRuleset', () => {
  it('answers or throws NftOutputError for any JSON', () => {
    const expression = fc.oneof(
      fc.record({
        match: fc.record({ op: fc.constantFrom('==', '!=', 'in', '<'), left: fc.jsonValue(), right: fc.jsonValue() }),
      }),
      fc.record({ match: fc.jsonValue() }),
      fc.record({
        match: fc.record({
          op: fc.constant('=='),
          left: fc.constantFrom(
            { meta: { key: 'iifname' } },
            { payload: { protocol: 'ip', field: 'saddr' } },
            { payload: { protocol: 'tcp', field: 'dport' } },
          ),
          right: fc.jsonValue(),
        }),
      }),
      fc.record({ vmap: fc.jsonValue() }),
      fc.record({ jump: fc.jsonValue() }),
      fc.record({ xt: fc.jsonValue() }),
      fc.constantFrom({ drop: null }, { accept: null }, { jump: { target: 'f' } }),
      fc.jsonValue(),
    );
    const ruleset = fc.array(expression, { maxLength: 6 }).map((expr) => ({
      nftables: [
        { chain: { family: 'ip', table: 't', name: 'f', type: 'filter', hook: 'forward', policy: 'drop' } },
        { rule: { family: 'ip', table: 't', chain: 'f', expr } },
      ],
    }));
    const text = fc.oneof(
      ruleset.map((value) => JSON.stringify(value)),
      fc.json(),
      fc.string(),
    );
    fc.assert(
      fc.property(text, (stdout) => {
        try {
          findBlocked(parseRuleset(stdout).tables, side);
        } catch (error) {
          expect(error).toBeInstanceOf(NftOutputError);
        }
      }),
      { seed: 3, numRuns: 1000 },
    );
  });
});
