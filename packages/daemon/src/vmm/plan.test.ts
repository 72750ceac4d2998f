import { expect, test } from 'vitest';
import { planVmm, type VmmFacts } from './plan.ts';

const facts: VmmFacts = {
  qemu: { major: 7, minor: 2, text: '7.2.22' },
  kvm: { device: 'usable', cpuSupport: true },
  tscKhz: 2_445_428,
};
const noKvm = { device: 'missing', cpuSupport: false } as const;

test('KVM where it works, with nothing to do better', () => {
  expect(planVmm({ accelerator: 'auto' }, facts)).toMatchObject({
    accelerator: 'kvm',
    cpuModel: undefined,
    faster: null,
  });
});

test('TCG elsewhere, with the clock and the CPU that it needs, and what would be faster', () => {
  expect(planVmm({ accelerator: 'auto' }, { ...facts, kvm: noKvm })).toEqual({
    accelerator: 'tcg',
    cpuModel: 'max,-cx16',
    tscKhz: 2_445_428,
    reason: 'QEMU 7.2.22, this host has no /dev/kvm',
    faster: expect.stringContaining('KVM'),
  });
});

test('an unknown clock is said', () => {
  expect(planVmm({ accelerator: 'tcg' }, { ...facts, tscKhz: undefined }).reason).toMatch(/a boot may hang/);
});

test.each([
  [undefined, /not installed/],
  [{ major: 6, minor: 1, text: '6.1.0' }, /too old/],
])('QEMU %j cannot do it', (qemu, message) => {
  expect(() => planVmm({ accelerator: 'auto' }, { ...facts, qemu })).toThrow(
    expect.objectContaining({
      code: 'prerequisite_missing',
      message: expect.stringMatching(message),
      remediation: expect.any(String),
    }),
  );
});
