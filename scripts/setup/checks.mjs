import { readManifest, runAttached } from './run.mjs';

/**
 * Runs every `check:*` script of the top-level package.json; turbo skips those whose input did not change.
 * @returns {Promise<number>} 0 when all passed
 */
export function runChecks() {
  const checks = Object.keys(readManifest().scripts).filter((name) => name.startsWith('check:'));
  return runAttached(['turbo', 'run', ...checks, '--continue', '--output-logs=errors-only', '--log-order=grouped']);
}
