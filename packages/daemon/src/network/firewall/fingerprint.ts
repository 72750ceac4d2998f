import { createHash } from 'node:crypto';
import type { NftRuleset } from './nft-ruleset.ts';

/** What changes without anybody changing a rule: counts, and elements that packets add to sets. */
const VOLATILE = new Set(['handle', 'packets', 'bytes', 'used', 'elem', 'expires', 'last']);

/** Tells whether the rules are still those that were seen before; blind to counters and elements of sets. */
export function fingerprint(ruleset: NftRuleset, iptablesLegacy: string): string {
  const objects = JSON.stringify(ruleset.objects, (key, value: unknown) => (VOLATILE.has(key) ? undefined : value));
  const saved = iptablesLegacy
    .split('\n')
    .filter((line) => !line.startsWith('#'))
    .map((line) => line.replace(/\[\d+:\d+\]$/, ''));
  return createHash('sha256').update(objects).update('\0').update(saved.join('\n')).digest('hex');
}
