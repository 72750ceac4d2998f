/** `npm run lint`: formatting, typed lint, types, import rules, manifests and generated docs, each cached by turbo. */
import { checks } from './setup/checks.mjs';
import { runMain } from './setup/problem.mjs';
import { setUpCode } from './setup/set-up.mjs';
import { runSteps } from './setup/steps.mjs';

await runMain(async () => {
  await setUpCode();
  await runSteps([checks]);
});
