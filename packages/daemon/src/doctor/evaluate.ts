import type { Config } from '../config.ts';
import type { PathOptions } from '../paths.ts';
import { evaluateDaemon } from './evaluate-daemon.ts';
import { evaluateHost } from './evaluate-host.ts';
import { evaluateMachines } from './evaluate-machines.ts';
import { evaluateNetwork } from './evaluate-network.ts';
import { evaluateState } from './evaluate-state.ts';
import type { Facts, Report } from './types.ts';

/** The findings that the facts amount to, in the order in which people mend things. Pure. */
export function evaluate(facts: Facts, config: Config & PathOptions): Report {
  const findings = [
    ...evaluateHost(facts),
    ...evaluateMachines(facts, config),
    ...evaluateNetwork(facts),
    ...evaluateState(facts, config),
    ...evaluateDaemon(facts, config),
  ];
  return { ok: findings.every(({ level }) => level !== 'error'), findings };
}
