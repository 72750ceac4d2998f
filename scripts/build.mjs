/** `npm run build`: sets up what building needs, then builds every package that changed. */
import { build } from './setup/javascript.mjs';
import { runMain } from './setup/problem.mjs';
import { setUpCode } from './setup/set-up.mjs';

await runMain(async () => {
  await setUpCode();
  await build();
});
