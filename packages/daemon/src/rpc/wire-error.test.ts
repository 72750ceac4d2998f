import { LineTooLongError } from '@banger/api-types';
import { CommandError } from '@banger/system';
import { expect, test } from 'vitest';
import { BangerError } from '../errors.ts';
import { toWireError } from './wire-error.ts';

function convert(error: unknown): { wire: ReturnType<typeof toWireError>; logged: unknown[] } {
  const logged: unknown[] = [];
  const logger = { debug() {}, info() {}, warn() {}, error: (...args: unknown[]) => logged.push(args) };
  return { wire: toWireError(error, logger as never), logged };
}

test('our errors pass with all that they say, but not with their cause', () => {
  const error = new BangerError('disk_full', 'too little space', {
    remediation: 'delete images',
    details: { freeBytes: 1 },
    cause: new Error('secret'),
  });
  expect(convert(error)).toEqual({
    wire: { code: 'disk_full', message: 'too little space', remediation: 'delete images', details: { freeBytes: 1 } },
    logged: [],
  });
});

test.each([
  [{}, 'command_failed'],
  [{ timedOut: true }, 'timeout'],
  [{ cancelled: true }, 'operation_cancelled'],
  [{ notFound: true }, 'prerequisite_missing'],
])('a failed command (%o) is %s, without its arguments', (fields, code) => {
  const stderr = `${'line\n'.repeat(50)}no space left\n`;
  const error = new CommandError({
    argv: ['mkfs', '--key', 'secret'],
    summary: 'exited with status 1',
    exitCode: 1,
    stderr,
    ...fields,
  });
  const { wire } = convert(error);
  expect(wire).toMatchObject({ code, details: { program: 'mkfs', exitCode: 1, signal: null } });
  expect(wire.details?.['lines']).toHaveLength(10);
  expect(JSON.stringify(wire)).not.toContain('secret');
});

test.each([
  [AbortSignal.abort().reason, 'operation_cancelled'],
  [new DOMException('late', 'TimeoutError'), 'timeout'],
  [new LineTooLongError(10), 'invalid_request'],
])('%s is %s', (error, code) => {
  expect(convert(error)).toMatchObject({ wire: { code }, logged: [] });
});

test.each([[new TypeError('secret')], ['secret'], [undefined], [{ code: 'vm_not_found' }]])(
  'what nobody expected (%s) is logged, and the client gets the id to look for',
  (error) => {
    const { wire, logged } = convert(error);
    const logId = wire.details?.['logId'];
    expect(wire.code).toBe('internal');
    expect(wire.remediation).toContain(logId);
    expect(logged).toEqual([[{ err: error, logId }, expect.any(String)]]);
    expect(JSON.stringify(wire)).not.toContain('secret');
  },
);

test.each(['ENOSPC', 'EDQUOT'])('a write that meets %s is told as a full disk, with what to do', (code) => {
  const error = Object.assign(new Error(`${code}: no space left on device, write`), { code });
  expect(convert(error)).toMatchObject({
    wire: { code: 'disk_full', remediation: expect.stringContaining('Free space') },
    logged: [],
  });
});
