import { formatAddress } from '../ipv4.ts';
import type { NetworkFinding } from '../types.ts';
import { type Blocker, findBlockers } from './evaluate.ts';
import type { Table } from './model.ts';
import { type GuestSide, guestProbes } from './probes.ts';

/** One finding per chain of another owner that would drop what guests need; only what is certain is reported. */
export function findBlocked(tables: readonly Table[], side: GuestSide): readonly NetworkFinding[] {
  const found = new Map<string, { readonly blocker: Blocker; readonly whats: string[] }>();
  for (const { what, hook, packet } of guestProbes(side)) {
    for (const blocker of findBlockers(tables, hook, packet)) {
      const key = `${blocker.table.label}\0${blocker.chain.name}`;
      const entry = found.get(key) ?? { blocker, whats: [] };
      entry.whats.push(what);
      found.set(key, entry);
    }
  }
  return [...found.values()].map(({ blocker, whats }) => ({
    code: 'network_conflict',
    message: `The host's firewall drops ${whats.join(' and ')}: chain ${blocker.chain.name} of table "${blocker.table.label}" (${blocker.byPolicy ? 'its policy' : 'one of its rules'}).`,
    remediation: remedy(blocker, side),
  }));
}

function remedy({ table, chain }: Blocker, { bridge, gateway }: GuestSide): string {
  const dns = `to ${formatAddress(gateway.network)} port 53`;
  if ([...table.chains.keys()].some((name) => name.startsWith('ufw-'))) {
    return chain.hook === 'input'
      ? `Run: ufw allow in on ${bridge} ${dns}`
      : `Run: ufw route allow in on ${bridge} && ufw route allow out on ${bridge}`;
  }
  if (table.label.endsWith(' firewalld')) {
    return `Run: firewall-cmd --permanent --zone=trusted --add-interface=${bridge} && firewall-cmd --reload`;
  }
  const backend = table.backend;
  if (backend !== 'nft') {
    const iptables = backend === 'iptables-legacy' ? 'iptables-legacy' : 'iptables';
    return chain.hook === 'input'
      ? `Run: ${iptables} -I ${chain.name} -i ${bridge} -j ACCEPT`
      : `Run: ${iptables} -I ${chain.name} -i ${bridge} -j ACCEPT && ${iptables} -I ${chain.name} -o ${bridge} -j ACCEPT`;
  }
  const insert = `nft insert rule ${table.label} ${chain.name}`;
  return chain.hook === 'input'
    ? `Run: ${insert} iifname ${bridge} accept (and add it to the file from which the rules are loaded)`
    : `Run: ${insert} iifname ${bridge} accept && ${insert} oifname ${bridge} accept (and add them to the file from which the rules are loaded)`;
}
