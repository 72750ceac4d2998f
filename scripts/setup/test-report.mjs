import { existsSync, readFileSync } from 'node:fs';

/**
 * How many tests passed, failed and were skipped.
 * @typedef {{ passed: number, failed: number, skipped: number }} Totals
 */

/**
 * What is used of vitest's JSON report.
 * @typedef {object} VitestReport
 * @property {number} numPassedTests
 * @property {number} numFailedTests
 * @property {number} numPendingTests
 * @property {number} numTodoTests
 * @property {{ status: string, assertionResults: { status: string }[] }[]} testResults one per file
 */

/**
 * @param {Totals} a
 * @param {Totals} b
 * @returns {Totals}
 */
export const addTotals = (a, b) => ({
  passed: a.passed + b.passed,
  failed: a.failed + b.failed,
  skipped: a.skipped + b.skipped,
});

/**
 * The totals of a vitest JSON report. A file that could not be loaded, an unhandled error and a missing report count
 * as a failure each, so a run that ended badly is never green.
 * @param {string} path
 * @param {number} status the exit status of vitest
 * @returns {Totals}
 */
export function readReport(path, status) {
  if (!existsSync(path)) return { passed: 0, failed: 1, skipped: 0 };
  const report = /** @type {VitestReport} */ (JSON.parse(readFileSync(path, 'utf8')));
  const brokenFiles = report.testResults.filter(
    (file) => file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed'),
  );
  const failed = report.numFailedTests + brokenFiles.length;
  return {
    passed: report.numPassedTests,
    failed: failed === 0 && status !== 0 ? 1 : failed,
    skipped: report.numPendingTests + report.numTodoTests,
  };
}
