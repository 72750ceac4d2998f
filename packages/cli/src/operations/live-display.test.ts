import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { FakeOutput } from '../../test/fake-io.ts';
import { FakeOperations } from '../../test/fake-operations.ts';
import { styleFor } from '../output/style.ts';
import { LiveDisplay } from './live-display.ts';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

/** What a terminal shows after this was written to it: erased lines are gone. */
function screen(text: string): string[] {
  const lines = [''];
  // biome-ignore lint/suspicious/noControlCharactersInRegex: what the display writes
  for (const part of text.split(/(\u001B\[\d+A\r\u001B\[J)/)) {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: what the display writes
    const [, up] = /^\u001B\[(\d+)A/.exec(part) ?? [];
    if (up !== undefined) {
      lines.splice(lines.length - 1 - Number(up));
      lines.push('');
      continue;
    }
    const [first = '', ...rest] = part.split('\n');
    lines[lines.length - 1] += first;
    lines.push(...rest);
  }
  return lines;
}

function setUp(): { output: FakeOutput; display: LiveDisplay } {
  const output = new FakeOutput(true);
  return { output, display: new LiveDisplay(output, styleFor(false)) };
}

test('a line per stage that has begun, with the time that it took or takes', () => {
  const { output, display } = setUp();
  const operation = new FakeOperations()
    .begin('vm.create', ['image', 'disk', 'boot'])
    .stage('image', { state: 'done', durationMs: 31_000 })
    .stage('disk', { state: 'running', message: 'cloning\u001B[2J', fraction: 0.25 });
  display.update('', operation.snapshot());
  vi.advanceTimersByTime(1500);
  expect(screen(output.text)).toEqual(['✓ image  31.0 s', '⠴ disk [=====               ]  25%  cloning  1.5 s', '']);
  operation.stage('disk', { state: 'failed', durationMs: 1700 }).stage('image', { state: 'undone' });
  display.update('', operation.snapshot());
  display.end(true);
  expect(screen(output.text)).toEqual(['↶ image  31.0 s', '✗ disk  1.7 s', '']);
  vi.advanceTimersByTime(1000);
  expect(screen(output.text)).toHaveLength(3);
});

test('a note stays above, and the end may leave nothing', () => {
  const { output, display } = setUp();
  display.update('', new FakeOperations().begin('x').stage('disk', { state: 'running' }).snapshot());
  display.note('Cancelling.');
  display.end(false);
  expect(screen(output.text)).toEqual(['Cancelling.', '']);
});

test('it never takes more than the screen has', () => {
  const { output, display } = setUp();
  [output.columns, output.rows] = [30, 5];
  const names = Array.from({ length: 9 }, (_, index) => `stage-${index}`);
  const operation = new FakeOperations().begin('x', names);
  for (const name of names) operation.stage(name, { state: 'running', message: 'a message that is much too long' });
  display.update('', operation.snapshot());
  display.end(true);
  const lines = screen(output.text);
  expect(lines).toHaveLength(5);
  expect(lines[3]).toContain('stage-8');
  for (const line of lines) expect(line.length).toBeLessThan(30);
});

test('of several operations each has a line', () => {
  const { output, display } = setUp();
  const operations = new FakeOperations();
  display.update('web', operations.begin('vm.stop').stage('boot', { state: 'running' }).snapshot());
  display.update('db', operations.begin('vm.stop').end('succeeded').snapshot());
  display.end(true);
  expect(screen(output.text)).toEqual(['⠋ web  boot  0 ms', '✓ db  2.5 s', '']);
});
