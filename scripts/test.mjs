/**
 * `npm test [-- --all]`: sets up, builds, checks, and runs the unit and the integration tests; `--all` adds the slow
 * checks of what is published. The last line is the total of everything: `N passed, N failed`.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checks } from './setup/checks.mjs';
import { asRootHere, giveBack } from './setup/host.mjs';
import { build } from './setup/javascript.mjs';
import { report } from './setup/problem.mjs';
import { root, runAttached } from './setup/run.mjs';
import { setUpMachine } from './setup/set-up.mjs';
import { runSteps } from './setup/steps.mjs';
import { addTotals, readReport } from './setup/test-report.mjs';

const all = process.argv.includes('--all');
const reports = mkdtempSync(join(tmpdir(), 'banger-test-'));
let totals = { passed: 0, failed: 0, skipped: 0 };

/**
 * Runs one stage; whatever it throws counts as one failure.
 * @param {string} name
 * @param {() => Promise<{ passed: number, failed: number, skipped: number }>} stage
 * @returns {Promise<boolean>} whether it passed
 */
async function runStage(name, stage) {
  console.log(`\n== ${name}`);
  let result = { passed: 0, failed: 1, skipped: 0 };
  try {
    result = await stage();
  } catch (error) {
    report(error);
  }
  totals = addTotals(totals, result);
  if (result.failed > 0) console.log(`== ${name} FAILED`);
  return result.failed === 0;
}

/** A stage that only passes or fails: its pass is no test. */
const verdict = (/** @type {number} */ status) => ({ passed: 0, failed: status === 0 ? 0 : 1, skipped: 0 });

/**
 * @param {string} project of vitest.config.ts
 * @param {(argv: string[]) => string[]} wrap
 */
async function runTests(project, wrap = (argv) => argv) {
  const output = join(reports, `${project}.json`);
  const vitest = [join(root, 'node_modules/.bin/node'), join(root, 'node_modules/vitest/vitest.mjs')];
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${output}`];
  const status = await runAttached(wrap([...vitest, 'run', '--project', project, ...reporters]));
  return readReport(output, status);
}

try {
  const ready = await runStage('set-up', async () => {
    await setUpMachine('test with real virtual machines');
    return verdict(0);
  });
  const built =
    ready &&
    (await runStage('build', async () => {
      await runSteps([build]);
      return verdict(0);
    }));
  if (ready) {
    await runStage('checks', async () => {
      await runSteps([checks]);
      return verdict(0);
    });
    await runStage('unit tests', () => runTests('unit'));
  }
  if (built) {
    await runStage('integration tests', async () => {
      try {
        return await runTests('integration', asRootHere);
      } finally {
        await giveBack(['node_modules/.vite', 'node_modules/.vitest-cache']);
      }
    });
    if (all)
      await runStage('packages as published', async () =>
        verdict(await runAttached(['node', 'scripts/lint/published.ts'])),
      );
  }
} finally {
  rmSync(reports, { recursive: true, force: true });
}

const { passed, failed, skipped } = totals;
console.log(`\n${passed} passed, ${failed} failed${skipped === 0 ? '' : `, ${skipped} skipped`}`);
process.exitCode = failed === 0 ? 0 : 1;
