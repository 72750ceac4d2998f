/** `npm run dev [-- arguments of bangerd]`: runs the daemon from source and restarts it when the source changes. */
import { asRootHere } from './setup/host.mjs';
import { runMain } from './setup/problem.mjs';
import { node24, runAttached } from './setup/run.mjs';
import { setUpMachine } from './setup/set-up.mjs';

await runMain(async () => {
  await setUpMachine('run the daemon');
  const bangerd = ['--conditions=source', '--watch', 'packages/daemon/src/main.ts'];
  return runAttached(asRootHere([node24, ...bangerd, ...process.argv.slice(2)]));
});
