import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { addTotals, readReport } from './test-report.mjs';

describe('readReport', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'banger-report-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  function report(numbers: object, files: object[]): string {
    const path = join(folder, 'report.json');
    const none = { numPassedTests: 0, numFailedTests: 0, numPendingTests: 0, numTodoTests: 0 };
    writeFileSync(path, JSON.stringify({ ...none, ...numbers, testResults: files }));
    return path;
  }
  const passed = { status: 'passed', assertionResults: [{ status: 'passed' }] };

  it('counts passed, failed and skipped', () => {
    const files = [passed, { status: 'failed', assertionResults: [{ status: 'failed' }] }];
    const numbers = { numPassedTests: 3, numFailedTests: 1, numPendingTests: 2, numTodoTests: 1 };
    expect(readReport(report(numbers, files), 1)).toEqual({ passed: 3, failed: 1, skipped: 3 });
  });

  it('counts a file that could not be loaded as a failure', () => {
    const files = [passed, { status: 'failed', assertionResults: [] }];
    expect(readReport(report({ numPassedTests: 1 }, files), 1)).toEqual({ passed: 1, failed: 1, skipped: 0 });
  });

  it('counts an end with another status as a failure when nothing else failed', () => {
    expect(readReport(report({ numPassedTests: 1 }, [passed]), 1)).toEqual({ passed: 1, failed: 1, skipped: 0 });
    expect(readReport(report({ numPassedTests: 1 }, [passed]), 0)).toEqual({ passed: 1, failed: 0, skipped: 0 });
  });

  it('counts a missing report as a failure', () => {
    expect(readReport(join(folder, 'none.json'), 0)).toEqual({ passed: 0, failed: 1, skipped: 0 });
  });

  it('adds totals', () => {
    expect(addTotals({ passed: 1, failed: 2, skipped: 3 }, { passed: 10, failed: 20, skipped: 30 })).toEqual({
      passed: 11,
      failed: 22,
      skipped: 33,
    });
  });
});
