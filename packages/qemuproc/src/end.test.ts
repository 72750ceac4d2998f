import { expect, test } from 'vitest';
import { causeOfShutdown, describeEnd } from './end.ts';
import { EndRecord } from './end-record.ts';

const traces = { console: '', log: '' };

test.each([
  [{ guest: true, reason: 'guest-shutdown' }, 'guest-shutdown'],
  [{ guest: true, reason: 'guest-reset' }, 'guest-reset'],
  [{ guest: true, reason: 'guest-panic' }, 'guest-panic'],
  [{ guest: false, reason: 'host-qmp-quit' }, 'host-quit'],
  [{ guest: false, reason: 'host-signal' }, 'host-signal'],
  [{ guest: true, reason: 'of the future' }, 'guest-shutdown'],
  [{}, 'host-error'],
])('%j', (data, cause) => {
  expect(causeOfShutdown(data)).toBe(cause);
});

test('only the guest can ask for an end', () => {
  expect(describeEnd('guest-shutdown', traces)).toEqual({
    cause: 'guest-shutdown',
    requested: true,
    reason: 'the guest powered off',
  });
  expect(describeEnd('guest-reset', traces).requested).toBe(true);
  expect(describeEnd('host-quit', traces).requested).toBe(false);
  expect(describeEnd('killed', traces).requested).toBe(false);
});

test('a reboot because of a panic is no wish', () => {
  const console =
    '[    2.722547] Kernel panic - not syncing: sysrq triggered crash\r\n[    2.723342] CPU: 0 UID: 0\r\n';
  expect(describeEnd('guest-reset', { ...traces, console })).toEqual({
    cause: 'guest-panic',
    requested: false,
    reason: "the guest's kernel panicked: sysrq triggered crash",
  });
  expect(describeEnd('guest-shutdown', { ...traces, console }).requested).toBe(true);
});

test('an end that nobody saw has the last words of the log', () => {
  expect(describeEnd('unknown', { ...traces, log: 'one\ntwo\n' }).reason).toMatch(
    /without a word.*; its last words: two$/,
  );
});

test('the first cause wins', () => {
  const record = new EndRecord();
  record.see('RESUME', {});
  expect(record.cause).toBeUndefined();
  record.note('killed');
  record.see('SHUTDOWN', { reason: 'host-signal' });
  expect(record.cause).toBe('killed');
});
