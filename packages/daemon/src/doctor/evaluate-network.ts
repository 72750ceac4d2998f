import { finding, judge, ok } from './finding.ts';
import type { Facts, Finding } from './types.ts';

/** What guests need of the host's network. */
export function evaluateNetwork(facts: Facts): readonly Finding[] {
  const parts = [
    judge('tun', facts.tun, tun),
    judge('bridge', facts.bridge, bridge),
    judge('nftables', facts.nftables, () => ok('nftables', 'nftables answers')),
    judge('forwarding', facts.forwarding, forwarding),
  ];
  return [...parts, ...network(facts, [...parts, judge('programs', facts.programs, programs)])];
}

function tun(present: boolean): Finding {
  if (present) return ok('tun', '/dev/net/tun is there');
  const remediation = 'Run: modprobe tun (in a container, start it with --device /dev/net/tun).';
  return finding('tun', 'error', '/dev/net/tun is missing, so VMs cannot have a network device', remediation);
}

function bridge(present: boolean): Finding {
  if (present) return ok('bridge', 'the kernel has bridges');
  const remediation = 'Run: modprobe bridge; if there is no such module, use a kernel that has it.';
  return finding('bridge', 'warning', 'bridges are neither in the kernel nor among its modules', remediation);
}

function forwarding(on: boolean): Finding {
  if (on) return ok('forwarding', 'IP forwarding is on');
  return finding('forwarding', 'note', 'IP forwarding is off; the daemon switches it on when a VM needs it');
}

function programs(missing: readonly unknown[]): Finding {
  return finding('programs', missing.length === 0 ? 'ok' : 'error', '');
}

/** What the network room found; what it lacks is said by the other checks already, where they found it too. */
function network({ network: fact }: Facts, others: readonly Finding[]): readonly Finding[] {
  if ('unknown' in fact) return [judge('network', fact, () => ok('network', ''))];
  const said = others.some(({ level }) => level === 'error');
  const left = fact.value.filter(({ code }) => code === 'network_conflict' || !said);
  if (fact.value.length === 0) return [ok('network', 'nothing is in the way of the guests')];
  return left.map(({ message, remediation }) => finding('network', 'error', message, remediation));
}
