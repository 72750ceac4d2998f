import { splitWords } from './iptables-save.ts';
import type { Chain, Rule, Table } from './model.ts';

/** Docker calls this chain first from FORWARD, whose policy it sets to drop; it is there for rules of others. */
const CHAIN = 'DOCKER-USER';

/** How one iptables backend is told to change its rules. */
export interface DockerEdit {
  readonly backend: 'iptables-nft' | 'iptables-legacy';
  /** For `iptables-restore --noflush`. */
  readonly script: string;
}

const isDocker = (table: Table): table is Table & { backend: DockerEdit['backend'] } =>
  table.backend !== 'nft' && table.label.endsWith(' filter') && table.chains.has(CHAIN);

/** Adds what is missing of our two accept rules, wherever Docker has its chain. */
export function planDockerAccept(tables: readonly Table[], bridge: string, tag: string): readonly DockerEdit[] {
  const wanted = (['-i', '-o'] as const).map(
    (side) => `${CHAIN} ${side} ${bridge} -m comment --comment "${tag}" -j ACCEPT`,
  );
  return tables.filter(isDocker).flatMap((table) => {
    const present = tagged(table, tag);
    if (
      sameRules(
        present,
        wanted.map((rule) => `-A ${rule}`),
      )
    )
      return [];
    return [edit(table.backend, [...present.map(deletion), ...wanted.map((rule) => `-I ${rule}`)])];
  });
}

/** Removes our rules. */
export function planDockerRemoval(tables: readonly Table[], tag: string): readonly DockerEdit[] {
  return tables.filter(isDocker).flatMap((table) => {
    const present = tagged(table, tag);
    return present.length === 0 ? [] : [edit(table.backend, present.map(deletion))];
  });
}

/** The tables as they are once our rules are in. */
export function withDockerAccept(tables: readonly Table[], bridge: string, tag: string): readonly Table[] {
  const rules = (['iif', 'oif'] as const).map(
    (side): Rule => ({
      matches: [(packet) => packet[side] === bridge],
      verdict: { kind: 'accept' },
      comment: tag,
    }),
  );
  return tables.map((table) => {
    const chain = isDocker(table) ? table.chains.get(CHAIN) : undefined;
    if (chain === undefined) return table;
    const changed: Chain = { ...chain, rules: [...rules, ...chain.rules] };
    return { ...table, chains: new Map([...table.chains, [CHAIN, changed]]) };
  });
}

const tagged = (table: Table, tag: string): readonly string[] =>
  (table.chains.get(CHAIN)?.rules ?? []).flatMap(({ comment, source }) =>
    comment === tag && source !== undefined ? [source] : [],
  );

/** iptables-save may quote differently than we do. */
function sameRules(present: readonly string[], wanted: readonly string[]): boolean {
  const plain = (rules: readonly string[]): string => JSON.stringify(rules.map(splitWords).map(String).sort());
  return plain(present) === plain(wanted);
}

const deletion = (source: string): string => source.replace(/^-A /, '-D ');

const edit = (backend: DockerEdit['backend'], lines: readonly string[]): DockerEdit => ({
  backend,
  script: ['*filter', ...lines, 'COMMIT', ''].join('\n'),
});
