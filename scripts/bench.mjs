/** `npm run bench [-- arguments]`: measures the built programs on real virtual machines; see docs/benchmarks.md. */
import { asRootHere } from './setup/host.mjs';
import { build } from './setup/javascript.mjs';
import { runMain } from './setup/problem.mjs';
import { node24, runAttached } from './setup/run.mjs';
import { setUpMachine } from './setup/set-up.mjs';
import { runSteps } from './setup/steps.mjs';

await runMain(async () => {
  await setUpMachine('run virtual machines');
  await runSteps([build]);
  return runAttached(asRootHere([node24, '--conditions=source', 'bench/main.ts', ...process.argv.slice(2)]));
});
