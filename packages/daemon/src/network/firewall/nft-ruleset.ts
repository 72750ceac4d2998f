import { z } from 'zod';
import type { Chain, Rule, Table } from './model.ts';
import { readRule } from './nft-rule.ts';

const chainSchema = z.object({
  family: z.string(),
  table: z.string(),
  name: z.string(),
  type: z.string().optional(),
  hook: z.string().optional(),
  policy: z.string().optional(),
});
const ruleSchema = z.object({
  family: z.string(),
  table: z.string(),
  chain: z.string(),
  comment: z.string().optional(),
  expr: z.array(z.unknown()),
});
const rulesetSchema = z.object({
  nftables: z.array(z.looseObject({ chain: chainSchema.optional(), rule: ruleSchema.optional() })),
});

/** `nft -j` printed something that this version cannot read. */
export class NftOutputError extends Error {
  override readonly name = 'NftOutputError';
}

/** One object of the listing, `{table: ...}`, `{chain: ...}`, `{rule: ...}`, ...: as printed. */
export type NftObject = Readonly<Record<string, unknown>>;

/** The host's nftables rules. Format: libnftables-json(5). */
export interface NftRuleset {
  /** As printed, without the line about nft's version. */
  readonly objects: readonly NftObject[];
  readonly tables: readonly NftTable[];
}

export interface NftTable extends Table {
  readonly family: string;
  readonly name: string;
}

/**
 * Reads the output of `nft -j list ruleset`.
 * @throws NftOutputError
 */
export function parseRuleset(stdout: string): NftRuleset {
  const { nftables } = parse(stdout);
  const rules = Map.groupBy(
    nftables.flatMap(({ rule }) => (rule === undefined ? [] : [rule])),
    (rule) => keyOf(rule.family, rule.table, rule.chain),
  );
  const tables = new Map<string, NftTable & { readonly chains: Map<string, Chain> }>();
  for (const { chain } of nftables) {
    if (chain === undefined) continue;
    const { family, table: name } = chain;
    const label = `${family} ${name}`;
    const table = tables.get(label) ?? { label, family, name, backend: 'nft', chains: new Map<string, Chain>() };
    tables.set(label, table);
    table.chains.set(chain.name, {
      name: chain.name,
      // Chains of type nat and route do not filter.
      hook: chain.type === 'filter' ? chain.hook : undefined,
      policy: chain.policy === 'drop' ? 'drop' : 'accept',
      rules: (rules.get(keyOf(family, name, chain.name)) ?? []).map((rule): Rule => readRule(rule.expr, rule.comment)),
    });
  }
  return {
    objects: nftables.filter((object) => !('metainfo' in object)),
    tables: [...tables.values()],
  };
}

const keyOf = (...parts: readonly string[]): string => parts.join('\0');

function parse(stdout: string): z.infer<typeof rulesetSchema> {
  try {
    // nft prints nothing at all where the kernel has no rules and no table.
    return rulesetSchema.parse(stdout.trim() === '' ? { nftables: [] } : JSON.parse(stdout));
  } catch (error) {
    throw new NftOutputError('nft printed a ruleset that cannot be read', { cause: error });
  }
}
