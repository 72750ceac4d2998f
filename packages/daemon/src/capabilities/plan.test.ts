import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CapabilityPlan } from './plan.ts';
import { image, never, vm } from './testing.ts';
import type { Capability, Finding } from './types.ts';

const step = (type: string) => ({ type, stage: 'stage', intent: null });
const capability = (name: string, ...after: string[]): Capability => ({
  name,
  after,
  stepTypes: [],
  provision: () => [step(`provision ${name}`)],
  start: () => [step(`start ${name}`)],
  stop: () => [step(`stop ${name}`)],
  destroy: () => [step(`destroy ${name}`)],
});
const typesOf = (steps: readonly { type: string }[]) => steps.map(({ type }) => type);

describe('the order of capabilities', () => {
  it('is that of `after`, however they are listed; stop and destroy go in reverse', () => {
    const plan = new CapabilityPlan([
      capability('machine', 'disks', 'network'),
      capability('network', 'directory'),
      capability('disks', 'directory'),
      capability('directory'),
    ]);
    expect(typesOf(plan.start({ vm, image }))).toEqual([
      'start directory',
      'start disks',
      'start network',
      'start machine',
    ]);
    expect(typesOf(plan.stop({ vm, graceMs: null }))).toEqual([
      'stop machine',
      'stop network',
      'stop disks',
      'stop directory',
    ]);
    expect(typesOf(plan.provision({ vm, image }))[0]).toBe('provision directory');
    expect(typesOf(plan.destroy(vm)).at(-1)).toBe('destroy directory');
  });

  it('heeds every `after`, whatever the graph', () => {
    // Each may come after any of those with a smaller number; listed in a shuffled order.
    const graph = fc
      .integer({ min: 1, max: 8 })
      .chain((size) =>
        fc.tuple(
          fc.array(fc.array(fc.nat()), { minLength: size, maxLength: size }),
          fc.shuffledSubarray([...Array(size).keys()], { minLength: size, maxLength: size }),
        ),
      );
    fc.assert(
      fc.property(graph, ([edges, listing]) => {
        const afterOf = (n: number) => (n === 0 ? [] : (edges[n] ?? []).map((edge) => `c${edge % n}`));
        const plan = new CapabilityPlan(listing.map((n) => capability(`c${n}`, ...afterOf(n))));
        const names = plan.ordered.map(({ name }) => name);
        expect(names.toSorted()).toEqual(listing.map((n) => `c${n}`).toSorted());
        for (const { name, after } of plan.ordered)
          for (const before of after) expect(names.indexOf(before)).toBeLessThan(names.indexOf(name));
      }),
      { seed: 7, numRuns: 200 },
    );
  });

  it('cannot be a circle', () => {
    const circle = () =>
      new CapabilityPlan([capability('a', 'c'), capability('b', 'a'), capability('c', 'b'), capability('d')]);
    expect(circle).toThrow('capabilities wait for each other: a -> c -> b -> a');
  });

  it('names only what is there, and each once', () => {
    expect(() => new CapabilityPlan([capability('a', 'nobody')])).toThrow('no capability is called nobody');
    expect(() => new CapabilityPlan([capability('a'), capability('a')])).toThrow('two capabilities share a name');
  });
});

describe('the preflight', () => {
  const checking = (name: string, ...findings: readonly Finding[]): Capability => ({
    ...capability(name),
    check: () => Promise.resolve(findings),
  });
  const finding = (message: string) => ({ message, remediation: `mend ${message}` });

  it('is fine when nothing is found', async () => {
    await new CapabilityPlan([checking('a'), capability('b')]).preflight(never);
  });

  it('collects everything that is in the way', async () => {
    const [one, two, three] = [finding('one'), finding('two'), finding('three')];
    const plan = new CapabilityPlan([checking('a', one), checking('b'), checking('c', two, three)]);
    await expect(plan.preflight(never)).rejects.toMatchObject({
      code: 'prerequisite_missing',
      message: 'this host cannot start a VM: one (and 2 more)',
      remediation: 'mend one\nmend two\nmend three',
      details: { findings: [one, two, three] },
    });
  });

  it('hands its signal to the checks, and their failures to its caller', async () => {
    const broken: Capability = { ...capability('a'), check: (signal) => Promise.reject(signal.reason) };
    await expect(new CapabilityPlan([broken]).preflight(AbortSignal.abort(new Error('enough')))).rejects.toThrow(
      'enough',
    );
  });
});
