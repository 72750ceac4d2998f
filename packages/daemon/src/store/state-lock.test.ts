import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, statSync } from 'node:fs';
import { expect, test } from 'vitest';
import { findHolder, lockHolderPid } from './lock-holder.ts';
import { acquireStateLock } from './state-lock.ts';
import { TempDir } from './testing.ts';

const lockModule = new URL('./state-lock.ts', import.meta.url).href;

test('a second daemon is refused with directory and pid, and is welcome once the first has let go', () => {
  using dir = new TempDir();
  const path = dir.file('daemon.lock');
  const first = acquireStateLock(path);
  const refused = { code: 'daemon_already_running', details: { stateDir: dir.path, pid: process.pid } };
  expect(() => acquireStateLock(path)).toThrow(expect.objectContaining(refused));
  expect(() => acquireStateLock(path), 'the refusal itself must not drop the lock').toThrow(/uses the state directory/);
  expect(lockHolderPid(path)).toBe(process.pid);
  first.release();
  first.release();
  expect(lockHolderPid(path)).toBeUndefined();
  using second = acquireStateLock(path);
  expect(second).toBeDefined();
});

test('the lock of a process that is killed is gone with it', async () => {
  using dir = new TempDir();
  const path = dir.file('daemon.lock');
  const script = `
    import { acquireStateLock } from ${JSON.stringify(lockModule)};
    acquireStateLock(process.argv[1]);
    process.stdout.write('held');
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', script, path], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    await once(child.stdout, 'data');
    expect(() => acquireStateLock(path)).toThrow(
      expect.objectContaining({ message: expect.stringContaining(`pid ${child.pid}`) }),
    );
  } finally {
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  acquireStateLock(path).release();
  expect(readdirSync(dir.path).filter((name) => name !== 'daemon.lock' && name !== 'daemon.lock-journal')).toEqual([]);
  expect(statSync(path).size).toBe(0);
});

test('holders are found by device and inode, and never guessed', () => {
  const procLocks = [
    '1: POSIX  ADVISORY  WRITE 23445 fe:00:10028574 1073741824 1073742335',
    '2: POSIX  ADVISORY  READ 23446 fe:00:10028573 128 128',
    '3: OFDLCK ADVISORY  WRITE -1 fe:00:10028562 201 201',
    '4: FLOCK  ADVISORY  WRITE 20094 fe:00:9980402 0 EOF',
    '5: POSIX  ADVISORY  WRITE 0 fe:00:5 0 EOF',
    '6: POSIX  ADVISORY  WRITE 77 103:1a2b:6 0 EOF',
    '7: -> POSIX  ADVISORY  WRITE 78 fe:00:7 0 EOF',
    '',
  ].join('\n');
  const fe00 = 0xfe00;
  expect(findHolder(procLocks, fe00, 10_028_574)).toBe(23_445);
  expect(findHolder(procLocks, fe00 + 1, 10_028_574)).toBeUndefined();
  for (const inode of [10_028_573, 10_028_562, 9_980_402, 5, 7]) {
    expect(findHolder(procLocks, fe00, inode)).toBeUndefined();
  }
  // gnu_dev_makedev(0x103, 0x1a2b)
  expect(findHolder(procLocks, 0x2b + 0x103 * 0x100 + 0x1a * 0x10_0000, 6)).toBe(77);
});
