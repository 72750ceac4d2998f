import { CommandError } from '@banger/system';
import { FakeRunner } from '@banger/testkit';
import { expect, test } from 'vitest';
import { hostTscKhz, parseTscKhz } from './tsc.ts';

const facts = { kernelLogs: [], cpuinfo: '', scalesFrequency: false };
const cpuinfo = 'processor\t: 0\nmodel name\t: AMD EPYC\ncpu MHz\t\t: 2445.428\ncache size\t: 512 KB\n';

test.each([
  ['[    0.000064] tsc: Detected 2445.428 MHz processor\n', 2_445_428],
  ['[    0.000000] tsc: Detected 2600.000 MHz processor\n[    0.000000] tsc: Detected 2592.000 MHz TSC\n', 2_592_000],
  [
    '[    0.000000] tsc: Detected 2592.000 MHz processor\n[    1.413345] tsc: Refined TSC clocksource calibration: 2591.998 MHz\n',
    2_591_998,
  ],
  ['[    0.000000] tsc: Detected 0.001 MHz processor\n', undefined],
  ['nothing of the kind', undefined],
])('%j', (log, khz) => {
  expect(parseTscKhz({ ...facts, kernelLogs: [log] })).toBe(khz);
});

test("the CPU's frequency stands for the counter's only where it does not change", () => {
  expect(parseTscKhz({ ...facts, cpuinfo })).toBe(2_445_428);
  expect(parseTscKhz({ ...facts, cpuinfo, scalesFrequency: true })).toBeUndefined();
});

test('asks one log after the other', async () => {
  const notFound = new CommandError({ argv: ['dmesg'], summary: 'was not found', notFound: true });
  const runner = new FakeRunner().on(['dmesg'], notFound).on(['journalctl'], 'tsc: Detected 2445.428 MHz processor\n');
  expect(await hostTscKhz(runner)).toBe(2_445_428);
});

test('an abort is not mistaken for a silent host', async () => {
  const abort = new AbortController();
  const runner = new FakeRunner().on(['dmesg'], () => {
    abort.abort(new Error('enough'));
    return new Error('was cancelled');
  });
  await expect(hostTscKhz(runner, abort.signal)).rejects.toThrow('enough');
});
