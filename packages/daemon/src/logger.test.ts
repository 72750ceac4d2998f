import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createLogger } from './logger.ts';

function capture(level: 'trace' | 'info' = 'trace') {
  const lines: string[] = [];
  const logger = createLogger({ level, stream: { write: (line: string) => void lines.push(line) } });
  return { logger, lines, entries: () => lines.map((line) => JSON.parse(line) as Record<string, unknown>) };
}

test('children add the ids of VM and operation to each line', () => {
  const { logger, entries } = capture();
  logger.info('started');
  logger.child({ vm: 'abc' }).child({ op: '77' }).warn({ stage: 'boot' }, 'slow');
  expect(entries()).toEqual([
    { level: 'info', time: expect.stringMatching(/^\d{4}-.*Z$/), msg: 'started' },
    { level: 'warn', time: expect.any(String), vm: 'abc', op: '77', stage: 'boot', msg: 'slow' },
  ]);
});

test('the level decides what is written', () => {
  const { logger, lines } = capture('info');
  logger.debug('unseen');
  logger.trace('unseen');
  logger.info('seen');
  expect(lines).toHaveLength(1);
});

test('no secret comes through: not in fields, bindings, errors or messages', () => {
  const { logger, lines, entries } = capture();
  const secret = 's3cr3t';
  const key = `-----BEGIN OPENSSH PRIVATE KEY-----\n${secret}\n-----END OPENSSH PRIVATE KEY-----`;
  logger.info({ request: { env: { A: secret } }, token: secret }, 'fields');
  logger.child({ ticket: secret, vm: 'abc' }).info('bindings');
  logger.error({ err: new Error(`cannot parse ${key}`, { cause: { privateKey: secret } }) }, 'error');
  logger.info(`message with ${key} in it`);
  logger.info({ note: key }, 'a field with an innocent name');
  expect(lines.join('')).not.toContain(secret);
  expect(entries()).toHaveLength(5);
  expect(entries()[1]).toMatchObject({ vm: 'abc', ticket: '[redacted]' });
  expect(entries()[2]).toMatchObject({
    err: { name: 'Error', message: 'cannot parse [redacted]', stack: expect.any(String) },
  });
});

test('a file is appended to, private, and complete also when the process is killed', () => {
  const dir = mkdtempSync(join(tmpdir(), 'banger-log-'));
  try {
    const file = join(dir, 'logs', 'bangerd.log');
    const script = `
      import { createLogger } from ${JSON.stringify(new URL('./logger.ts', import.meta.url).href)};
      const logger = createLogger({ level: 'info', file: process.argv[1], pretty: true });
      for (let line = 0; line < 50; line++) logger.info({ line }, 'written');
      process.kill(process.pid, 'SIGKILL');`;
    for (const round of [1, 2]) {
      spawnSync(process.execPath, ['--input-type=module-typescript', '-e', script, file]);
      expect(
        readFileSync(file, 'utf8')
          .trimEnd()
          .split('\n')
          .map((line) => JSON.parse(line) as unknown),
      ).toHaveLength(50 * round);
    }
    expect(statSync(file).mode & 0o777).toBe(0o600);
    writeFileSync(join(dir, 'blocked'), '');
    expect(() => createLogger({ level: 'info', file: join(dir, 'blocked', 'x.log') })).toThrow(
      expect.objectContaining({ code: 'permission_denied' }),
    );
  } finally {
    rmSync(dir, { recursive: true });
  }
});

test('for people: time, level and message, without secrets', () => {
  const script = `
    import { createLogger } from ${JSON.stringify(new URL('./logger.ts', import.meta.url).href)};
    createLogger({ level: 'info', pretty: true }).child({ vm: 'abc' }).info({ token: 's3cr3t' }, 'started');`;
  const { stdout } = spawnSync(process.execPath, ['--input-type=module-typescript', '-e', script], {
    encoding: 'utf8',
  });
  expect(stdout).toMatch(/^\[\d\d:\d\d:\d\d\.\d{3}\] .*INFO.*: .*started.*\n +vm: "abc"\n +token: "\[redacted\]"\n$/);
});
