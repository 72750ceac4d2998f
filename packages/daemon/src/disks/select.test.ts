import { expect, test } from 'vitest';
import { selectDisk } from './select.ts';

test.each([
  ['auto', true, true, 'reflink', false],
  ['auto', true, false, 'reflink', false],
  ['auto', false, true, 'qcow2', false],
  ['auto', false, false, 'copy', true],
  ['qcow2', true, true, 'qcow2', false],
  ['copy', true, true, 'copy', true],
] as const)('%s, reflinks %s, qcow2 %s: %s', (wanted, reflink, vmmReadsQcow2, kind, canBeFaster) => {
  const selection = selectDisk(wanted, { reflink, vmmReadsQcow2 });
  expect(selection.kind).toBe(kind);
  expect(selection.faster !== null).toBe(canBeFaster);
});

test.each(['reflink', 'qcow2'] as const)('%s is refused where it cannot work', (wanted) => {
  expect(() => selectDisk(wanted, { reflink: false, vmmReadsQcow2: false })).toThrow(
    expect.objectContaining({ code: 'prerequisite_missing', remediation: expect.any(String) }),
  );
});
