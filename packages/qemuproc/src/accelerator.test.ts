import { expect, test } from 'vitest';
import { chooseAccelerator, hasCpuSupport } from './accelerator.ts';

test.each([
  ['auto', 'usable', true, 'kvm'],
  ['auto', 'usable', false, 'tcg'],
  ['auto', 'denied', true, 'tcg'],
  ['auto', 'missing', true, 'tcg'],
  ['tcg', 'usable', true, 'tcg'],
  ['kvm', 'missing', false, 'kvm'],
] as const)('%s with a %s device and CPU support %s: %s', (wanted, device, cpuSupport, accelerator) => {
  expect(chooseAccelerator(wanted, { device, cpuSupport })).toMatchObject({ accelerator });
});

test('CPU support is a word of the flags', () => {
  expect(hasCpuSupport('flags\t\t: fpu vme svm extapic\n')).toBe(true);
  expect(hasCpuSupport('flags\t\t: fpu vmx\n')).toBe(true);
  expect(hasCpuSupport('flags\t\t: fpu svm_lock\nbugs\t\t: svm\n')).toBe(false);
});
