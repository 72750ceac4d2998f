import { checkMachine, diskSpace, hostPackages, requireRoot } from './host.mjs';
import { build, npmPackages } from './javascript.mjs';
import { runSteps } from './steps.mjs';

/** What working on the code needs: the npm packages, nothing of the host. */
export async function setUpCode() {
  checkMachine();
  await runSteps([npmPackages]);
}

/** The code, and all packages built. */
export async function setUpAndBuildCode() {
  checkMachine();
  await runSteps([npmPackages, build]);
}

/**
 * What running virtual machines needs; building is left to the caller.
 * @param {string} purpose what root is needed for
 */
export async function setUpMachine(purpose) {
  checkMachine();
  requireRoot(purpose);
  await runSteps([diskSpace, hostPackages, npmPackages]);
}
