import { CommandError } from '@banger/system';
import { FakeRunner } from '@banger/testkit';
import { expect, test } from 'vitest';
import { parseQemuVersion, probeQemu, tcgCpuModel } from './version.ts';

test.each([
  ['QEMU emulator version 7.2.22 (Debian 1:7.2+dfsg-7+deb12u18+b3)\nCopyright (c) 2003-2022\n', 7, 2, '7.2.22'],
  ['QEMU emulator version 10.0.2 (Debian 1:10.0.2+ds-2)\n', 10, 0, '10.0.2'],
])('%j', (output, major, minor, text) => {
  expect(parseQemuVersion(output)).toEqual({ major, minor, text });
});

test('another program is not taken for QEMU', () => {
  expect(() => parseQemuVersion('busybox v1')).toThrow(/is not QEMU/);
});

test('a missing program has its code', async () => {
  const missing = new CommandError({ argv: ['qemu'], summary: 'was not found on this host', notFound: true });
  await expect(probeQemu(new FakeRunner().on(['qemu'], missing), 'qemu')).rejects.toMatchObject({
    code: 'qemu_missing',
  });
});

test('cmpxchg16b is hidden from guests of a QEMU that gets it wrong', () => {
  expect(tcgCpuModel({ major: 7 })).toBe('max,-cx16');
  expect(tcgCpuModel({ major: 8 })).toBe('max');
});
