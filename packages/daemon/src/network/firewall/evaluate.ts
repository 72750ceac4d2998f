import { matchAll } from './matches.ts';
import type { Chain, Packet, Table, Verdict } from './model.ts';

type Outcome = 'accept' | 'drop' | 'fallThrough';

/** Chains that call each other deeper than this are beyond us; the kernel's own limit is 16 (NFT_JUMP_STACK_SIZE). */
const MAX_DEPTH = 32;
/** Rules looked at per packet, against a blow-up by chains that are called from many places. */
const MAX_STEPS = 200_000;

/** A base chain that certainly drops the packet. */
export interface Blocker {
  readonly table: Table;
  readonly chain: Chain;
  /** The policy does it, not a rule. */
  readonly byPolicy: boolean;
}

/** The base chains on `hook` in which the packet certainly ends; each table has its say, whatever others accept. */
export function findBlockers(tables: readonly Table[], hook: string, packet: Packet): readonly Blocker[] {
  return tables.flatMap((table) =>
    [...table.chains.values()]
      .filter((chain) => chain.hook === hook)
      .flatMap((chain): Blocker[] => {
        const outcomes = walk(table, chain, packet, { depth: 0, steps: { left: MAX_STEPS } });
        const byPolicy = outcomes.has('fallThrough');
        const accepted = outcomes.has('accept') || (byPolicy && chain.policy === 'accept');
        return accepted ? [] : [{ table, chain, byPolicy }];
      }),
  );
}

interface Budget {
  readonly depth: number;
  readonly steps: { left: number };
}

/** Every way in which the packet may leave the chain. */
function walk(table: Table, chain: Chain, packet: Packet, budget: Budget): ReadonlySet<Outcome> {
  const outcomes = new Set<Outcome>();
  if (budget.depth > MAX_DEPTH) return new Set(['accept', 'drop', 'fallThrough']);
  for (const rule of chain.rules) {
    budget.steps.left -= 1;
    if (budget.steps.left < 0) return new Set(['accept', 'drop', 'fallThrough']);
    const fits = matchAll(rule.matches, packet);
    if (fits === false || rule.verdict === undefined) continue;
    const { outcomes: reached, goesOn } = apply(table, rule.verdict, packet, budget);
    for (const outcome of reached) outcomes.add(outcome);
    if (fits === true && !goesOn) return outcomes;
  }
  return outcomes.add('fallThrough');
}

/** Where the verdict leads, and whether the next rule may still be reached. */
function apply(
  table: Table,
  verdict: Verdict,
  packet: Packet,
  budget: Budget,
): { readonly outcomes: readonly Outcome[]; readonly goesOn: boolean } {
  switch (verdict.kind) {
    case 'accept':
    case 'drop':
      return { outcomes: [verdict.kind], goesOn: false };
    case 'return':
      return { outcomes: ['fallThrough'], goesOn: false };
    case 'oneOf':
      return {
        outcomes: verdict.verdicts.flatMap((each) => apply(table, each, packet, budget).outcomes),
        goesOn: true,
      };
    case 'jump':
    case 'goto': {
      const target = table.chains.get(verdict.target);
      const reached =
        target === undefined ? [] : [...walk(table, target, packet, { ...budget, depth: budget.depth + 1 })];
      // After a goto the end of the target is the end of this chain too; after a jump the next rule follows.
      if (verdict.kind === 'goto') return { outcomes: reached, goesOn: false };
      return {
        outcomes: reached.filter((outcome) => outcome !== 'fallThrough'),
        goesOn: target === undefined || reached.includes('fallThrough'),
      };
    }
  }
}
