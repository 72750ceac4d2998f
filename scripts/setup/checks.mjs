import { runTurbo } from './javascript.mjs';
import { readManifest } from './run.mjs';

/** @typedef {import('./steps.mjs').Step} Step */

/**
 * Every `check:*` script of the top-level package.json; turbo skips those whose input did not change.
 * @type {Step}
 */
export const checks = {
  name: 'checks',
  done: () => false,
  run: (say) => {
    const names = Object.keys(readManifest().scripts).filter((name) => name.startsWith('check:'));
    return runTurbo([...names, '--continue'], say, 'some checks failed; the lines above say which');
  },
};
