// A host with a HostNetwork, in a namespace of its own. `host.ts OPTIONS`: JSON of {instanceId, config}.
import { createRunner, type Runner, systemClock } from '@banger/system';
import { createLocks } from '../../../packages/daemon/src/locks/create-locks.ts';
import { openHostNetwork } from '../../../packages/daemon/src/network/open.ts';
import type { NetworkConfig, TapSpec } from '../../../packages/daemon/src/network/types.ts';
import { answerCalls } from './program.ts';

const { instanceId, config } = JSON.parse(process.argv[2] ?? '') as { instanceId: string; config: NetworkConfig };
const real = createRunner({ env: process.env });
let commands: string[] = [];
const runner: Runner = {
  run: (argv, options) => {
    commands.push(argv[0]);
    return real.run(argv, options);
  },
};
const network = await openHostNetwork({
  config,
  instanceId,
  runner,
  clock: systemClock,
  locks: createLocks(),
  log: { info: () => {}, warn: (details) => console.error(details) },
});
const { signal } = new AbortController();

/** What was run and how long it took. */
async function measured(work: () => Promise<unknown>): Promise<{ commands: readonly string[]; ms: number }> {
  commands = [];
  const started = performance.now();
  await work();
  return { commands, ms: performance.now() - started };
}

await answerCalls({
  facts: () => ({ gateway: network.gateway, prefixLength: network.prefixLength, mtu: network.mtu }),
  check: () => network.check(signal),
  ensure: () => measured(() => network.ensure(signal)),
  createTap: (tap: TapSpec) => measured(() => network.createTap(tap, signal)),
  findTap: (tap: TapSpec) => network.findTap(tap),
  deleteTap: (tap: TapSpec) => network.deleteTap(tap),
  remove: () => network.remove(signal),
});
await network.close();
