/** `npm run build`: sets up what building needs, then builds every package that changed. */
import { runMain } from './setup/problem.mjs';
import { setUpAndBuildCode } from './setup/set-up.mjs';

await runMain(async () => {
  await setUpAndBuildCode();
});
