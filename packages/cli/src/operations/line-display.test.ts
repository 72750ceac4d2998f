import { expect, test } from 'vitest';
import { FakeOutput } from '../../test/fake-io.ts';
import { FakeOperations } from '../../test/fake-operations.ts';
import { LineDisplay } from './line-display.ts';

test('news now and then while a stage runs, and a line when it is over', () => {
  const output = new FakeOutput(false);
  let nowMs = 0;
  const display = new LineDisplay(output, () => nowMs);
  const operation = new FakeOperations().begin('image.pull', ['fetch', 'boot']);
  for (; nowMs < 7000; nowMs += 1000) {
    operation.stage('fetch', { state: 'running', message: `package ${nowMs / 1000}` });
    display.update('', operation.snapshot());
  }
  operation.stage('fetch', { state: 'done', durationMs: 12_000 }).stage('boot', { state: 'running' });
  display.update('', operation.snapshot());
  display.update('', operation.snapshot());
  operation.stage('boot', { state: 'failed', durationMs: 10 }).stage('fetch', { state: 'undone' });
  display.update('', operation.snapshot());
  expect(output.text.trimEnd().split('\n')).toEqual([
    'fetch: package 0',
    'fetch: package 3',
    'fetch: package 6',
    'fetch: done (12.0 s)',
    'fetch: undone',
    'boot: failed (10 ms)',
  ]);
});
