import { checkMachine, diskSpace, hostPackages, requireRoot } from './host.mjs';
import { npmPackages } from './javascript.mjs';
import { runSteps } from './steps.mjs';

/** What working on the code needs: the npm packages, nothing of the host. */
export async function setUpCode() {
  checkMachine();
  await runSteps([npmPackages]);
}

/**
 * What running virtual machines needs.
 * @param {string} purpose what root is needed for
 */
export async function setUpMachine(purpose) {
  checkMachine();
  requireRoot(purpose);
  await runSteps([diskSpace, hostPackages, npmPackages]);
}
