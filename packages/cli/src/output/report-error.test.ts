import { errorCodes, RpcError } from '@banger/api-types/client';
import { expect, test } from 'vitest';
import { FakeOutput } from '../../test/fake-io.ts';
import { CliError } from '../cli-error.ts';
import { reportError, statusOf } from './report-error.ts';

function shown(error: unknown, view = {}): string {
  const stderr = new FakeOutput(false);
  reportError({ stderr }, error, { json: false, color: true, debug: false, ...view });
  return stderr.text;
}

const failure = new RpcError({
  code: 'prerequisite_missing',
  message: 'this host lacks \u001B[31mthings',
  remediation: 'Install them.',
  details: {
    missing: [{ name: 'qemu', message: 'no qemu-system-x86_64', remediation: 'apt-get install qemu-system-x86' }],
    lastLines: ['line 1', 'line 2\u0007'],
    allowed: ['running'],
    ignored: 5,
  },
});

test('for people: what happened, what is known, what to do, and nothing that a terminal obeys', () => {
  expect(shown(failure)).toBe(
    [
      'error: this host lacks things',
      '  - qemu: no qemu-system-x86_64',
      '    apt-get install qemu-system-x86',
      '  line 1',
      '  line 2',
      'Install them.',
      '',
    ].join('\n'),
  );
});

test('what message or remedy say already is not said again', () => {
  const error = new RpcError({
    code: 'prerequisite_missing',
    message: 'cannot start a VM: no qemu (and 1 more)',
    remediation: 'Install qemu.\nInstall mkfs.',
    details: {
      findings: [
        { message: 'no qemu', remediation: 'Install qemu.' },
        { message: 'no mkfs', remediation: 'Install mkfs.' },
      ],
    },
  });
  const lines = ['error: cannot start a VM: no qemu (and 1 more)', '  - no mkfs', 'Install qemu.', 'Install mkfs.'];
  expect(shown(error)).toBe(`${lines.join('\n')}\n`);
});

test("for programs: the wire's shape on one line", () => {
  const { error } = JSON.parse(shown(failure, { json: true })) as { error: object };
  const { code, message, remediation, details } = failure;
  expect(error).toEqual({ code, message, remediation, details });
});

test('--debug shows where it comes from, with the causes', () => {
  const error = new CliError('internal', 'outer', { cause: new Error('inner') });
  const text = shown(error, { debug: true });
  expect(text).toContain('code: internal');
  expect(text).toMatch(/caused by:\nError: inner\n\s+at /);
});

test('what nobody foresaw is a defect, and says so', () => {
  expect(shown(new TypeError('x is not a function'))).toContain('defect of banger');
  expect(statusOf(new TypeError('x'))).toBe(70);
});

test('every code of the wire has the status of its class', () => {
  const statuses = { usage: 2, not_found: 3, conflict: 4, unavailable: 5, host: 6, internal: 70, cancelled: 130 };
  for (const [code, info] of Object.entries(errorCodes)) {
    expect(statusOf(new RpcError({ code: code as never, message: '' }))).toBe(statuses[info.class]);
  }
  expect(statusOf(new RpcError({ code: 'of_the_future' as never, message: '' }))).toBe(70);
});
