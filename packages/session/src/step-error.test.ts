import { describe, expect, it } from 'vitest';
import { formatStepError } from './step-error.ts';

describe('formatStepError', () => {
  it('says what was tried and why it failed', () => {
    expect(formatStepError('copy the workspace', new Error('disk is full'))).toBe(
      'could not copy the workspace: disk is full',
    );
    expect(formatStepError('start', 'status 3', ' \n')).toBe('could not start: status 3');
  });

  it('adds the end of the log, and says how much is missing', () => {
    const log = Array.from({ length: 12 }, (_, n) => `line ${n + 1}\r`).join('\n');
    const lines = formatStepError('build', new Error('status 1'), `${log}\n\n`).split('\n');
    expect(lines.slice(0, 3)).toEqual(['could not build: status 1', '  (2 earlier lines left out)', '  line 3']);
    expect(lines.at(-1)).toBe('  line 12');
  });
});
