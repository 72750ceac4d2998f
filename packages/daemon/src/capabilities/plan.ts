import { BangerError } from '../errors.ts';
import type { PlannedStep } from '../ops/types.ts';
import type { VmRecord } from '../store/types.ts';
import type { Capabilities, Capability, StartContext, StopContext } from './types.ts';

/** Orders capabilities by what each comes after. */
export class CapabilityPlan implements Capabilities {
  readonly ordered: readonly Capability[];

  /** @throws Error when a name is used twice, `after` names nobody, or the order is a circle. */
  constructor(capabilities: readonly Capability[]) {
    this.ordered = order(capabilities);
  }

  provision(context: StartContext): PlannedStep[] {
    return this.ordered.flatMap((capability) => capability.provision?.(context) ?? []);
  }

  start(context: StartContext): PlannedStep[] {
    return this.ordered.flatMap((capability) => capability.start?.(context) ?? []);
  }

  stop(context: StopContext): PlannedStep[] {
    return this.ordered.toReversed().flatMap((capability) => capability.stop?.(context) ?? []);
  }

  destroy(vm: VmRecord): PlannedStep[] {
    return this.ordered.toReversed().flatMap((capability) => capability.destroy?.(vm) ?? []);
  }

  async preflight(signal: AbortSignal): Promise<void> {
    const findings = (
      await Promise.all(this.ordered.map(async (capability) => capability.check?.(signal) ?? []))
    ).flat();
    const [first] = findings;
    if (!first) return;
    const more = findings.length > 1 ? ` (and ${findings.length - 1} more)` : '';
    throw new BangerError('prerequisite_missing', `this host cannot start a VM: ${first.message}${more}`, {
      remediation: findings.map((finding) => finding.remediation).join('\n'),
      details: { findings },
    });
  }
}

function order(capabilities: readonly Capability[]): Capability[] {
  const byName = new Map(capabilities.map((capability) => [capability.name, capability]));
  if (byName.size !== capabilities.length) throw new Error('two capabilities share a name');
  const done = new Set<string>();
  const open = new Set<string>();
  const result: Capability[] = [];
  const visit = (name: string): void => {
    if (done.has(name)) return;
    const capability = byName.get(name);
    if (!capability) throw new Error(`no capability is called ${name}`);
    if (open.has(name)) throw new Error(`capabilities wait for each other: ${[...open, name].join(' -> ')}`);
    open.add(name);
    for (const before of capability.after) visit(before);
    open.delete(name);
    done.add(name);
    result.push(capability);
  };
  for (const { name } of capabilities) visit(name);
  return result;
}
