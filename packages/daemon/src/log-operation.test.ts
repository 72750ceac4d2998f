import type { Result } from '@banger/api-types';
import { expect, it } from 'vitest';
import { logOperation } from './log-operation.ts';
import { createLogger } from './logger.ts';

const view: Result<'op.status'> = {
  id: '0123456789abcdef',
  kind: 'vm.create',
  subject: 'fedcba9876543210',
  state: 'succeeded',
  version: 1,
  stages: [],
  error: null,
  startedAt: '2026-01-01T00:00:00.000Z',
  endedAt: '2026-01-01T00:00:02.500Z',
};

function lineOf(change: Partial<typeof view>): Record<string, unknown> {
  const lines: string[] = [];
  const logger = createLogger({ level: 'info', stream: { write: (line: string) => void lines.push(line) } });
  logOperation(logger, { ...view, ...change });
  expect(lines).toHaveLength(1);
  return JSON.parse(lines[0] ?? '') as Record<string, unknown>;
}

it('is bound to the operation and its VM or image', () => {
  expect(lineOf({})).toMatchObject({
    level: 'info',
    op: view.id,
    vm: view.subject,
    kind: 'vm.create',
    durationMs: 2500,
  });
  expect(lineOf({ kind: 'image.pull', subject: 'debian:13' })).toMatchObject({ image: 'debian:13' });
});

it('says why it failed', () => {
  const error = { code: 'disk_full', message: 'no room' };
  expect(lineOf({ state: 'failed', error })).toMatchObject({ level: 'warn', code: 'disk_full', msg: 'no room' });
});

it('says that it goes on later', () => {
  expect(lineOf({ state: 'running', endedAt: null })).toMatchObject({
    level: 'info',
    msg: expect.stringContaining('next start'),
  });
});
