import { expect, it } from 'vitest';
import type { HostNetwork, TapSpec } from '../network/types.ts';
import { networkCapability } from './network.ts';
import { image, never, only, Steps, vm } from './testing.ts';

const taps = new Set<string>();
const log: string[] = [];
const network = {
  check: () => Promise.resolve([{ code: 'network_conflict', message: 'taken', remediation: 'choose another' }]),
  ensure: async () => void log.push('ensure'),
  createTap: async ({ name }: TapSpec) => void taps.add(name),
  findTap: async ({ name }: TapSpec) => taps.has(name),
  deleteTap: async ({ name }: TapSpec) => void taps.delete(name),
} as Partial<HostNetwork> as HostNetwork;

it('gives a VM a TAP on a network that is there, and takes it away again', async () => {
  const capability = networkCapability(network);
  const steps = new Steps(capability);
  const create = only(capability.start?.({ vm, image }));
  expect(await steps.observe(create)).toBeUndefined();
  await steps.do(create);
  expect(log).toEqual(['ensure']);
  expect([...taps]).toEqual([vm.tap]);
  expect(await steps.observe(create)).toBeNull();
  await steps.undo(create);
  expect(taps.size).toBe(0);
  await steps.do(create);
  await steps.do(only(capability.stop?.({ vm, graceMs: null })));
  expect(taps.size).toBe(0);
  expect(await capability.check?.(never)).toMatchObject([{ message: 'taken' }]);
});
