import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createRunner } from './create-runner.ts';
import { createSpawner } from './create-spawner.ts';
import type { ProcessIdentity } from './identity.ts';
import { poll } from './poll.ts';
import { findByArgument, readIdentity, sameProcess, signalProcess, waitForExit } from './processes.ts';

const env = { PATH: process.env['PATH'] };
const spawner = createSpawner({ env });
let directory = '';
let alive: ProcessIdentity[] = [];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'banger-spawner-'));
  alive = [];
});
afterEach(async () => {
  for (const identity of alive) signalProcess(identity, 'SIGKILL');
  await rm(directory, { recursive: true });
});

const logged = (name: string) =>
  poll(async () => (await readFile(join(directory, name), 'utf8')) || undefined, { deadlineMs: 5000 });

describe('createSpawner', () => {
  it('starts a process in a session of its own, without our stdin, with a log', async () => {
    const logPath = join(directory, 'log');
    const script = 'read x; echo "read:$x env:$MARK cwd:$(pwd)"; echo err >&2; sleep 60; true';
    const identity = await spawner.spawnOutliving(['sh', '-c', script], {
      logPath,
      cwd: directory,
      env: { MARK: 'm' },
    });
    alive.push(identity);
    expect(await logged('log')).toBe(`read: env:m cwd:${directory}\nerr\n`);
    expect((await stat(logPath)).mode & 0o777).toBe(0o600);
    const [, , , , session] = (await readFile(`/proc/${identity.pid}/stat`, 'utf8')).split(/\) /)[1]?.split(' ') ?? [];
    expect(Number((await readFile(`/proc/${identity.pid}/stat`, 'utf8')).split(' ')[5])).toBe(identity.pid);
    expect(session).toBeDefined();
  });

  it('leaves a process that survives its starter, here a node that is killed', async () => {
    const script = `
      const { createSpawner } = await import(${JSON.stringify(new URL('create-spawner.ts', import.meta.url).href)});
      const identity = await createSpawner({ env: process.env }).spawnOutliving(
        ['sleep', '60'], { logPath: ${JSON.stringify(join(directory, 'log'))} });
      console.log(JSON.stringify(identity));
      process.kill(process.pid, 'SIGKILL');`;
    const runner = createRunner({ env: process.env });
    const lines: string[] = [];
    const starter = runner.run([process.execPath, '--conditions=source', '--input-type=module', '-e', script], {
      onStdoutLine: (line) => lines.push(line),
    });
    await expect(starter).rejects.toMatchObject({ signal: 'SIGKILL' });
    const identity = JSON.parse(lines[0] ?? '') as ProcessIdentity;
    alive.push(identity);
    expect(sameProcess(identity)).toBe(true);
    expect(signalProcess(identity, 'SIGTERM')).toBe(true);
    await waitForExit(identity, { deadlineMs: 2000 });
    expect(sameProcess(identity)).toBe(false);
  });

  it('gives an identity also for a process that ends at once', async () => {
    const identity = await spawner.spawnOutliving(['true'], { logPath: join(directory, 'log') });
    expect(identity.pid).toBeGreaterThan(0);
    await waitForExit(identity, { deadlineMs: 2000 });
  });

  it('leaves no log when there is no such program', async () => {
    const logPath = join(directory, 'log');
    const spawned = spawner.spawnOutliving(['banger-no-such-program'], { logPath });
    await expect(spawned).rejects.toMatchObject({ name: 'CommandError', notFound: true });
    expect(existsSync(logPath)).toBe(false);
  });

  it('does not write into a log that exists, and does not remove it', async () => {
    const logPath = join(directory, 'log');
    alive.push(await spawner.spawnOutliving(['sleep', '60'], { logPath }));
    await expect(spawner.spawnOutliving(['sleep', '60'], { logPath })).rejects.toMatchObject({ code: 'EEXIST' });
    expect(existsSync(logPath)).toBe(true);
  });

  it('refuses a privileged process to an unprivileged user', async () => {
    const user = createSpawner({ env, euid: 1000 });
    const spawned = user.spawnOutliving(['true'], { logPath: join(directory, 'log'), privileged: true });
    await expect(spawned).rejects.toThrow('needs root');
  });
});

describe('process identity', () => {
  it('tells this process from another life of the same pid', () => {
    const identity = readIdentity(process.pid);
    if (identity === undefined) throw new Error('we live');
    expect(sameProcess(identity)).toBe(true);
    const earlier = { ...identity, startTimeTicks: identity.startTimeTicks - 1 };
    expect(sameProcess(earlier)).toBe(false);
    expect(sameProcess({ ...identity, bootId: '00000000-0000-0000-0000-000000000000' })).toBe(false);
    // Were it not for the check, this would end the test run.
    expect(signalProcess(earlier, 'SIGKILL')).toBe(false);
  });

  it('knows no process with an unused pid', () => {
    expect(readIdentity(2 ** 22 + 1)).toBeUndefined();
  });

  it('finds processes by a whole argument only', async () => {
    const tag = `banger-test-${process.pid}-${Date.now()}`;
    const spawn = (name: string, ...args: string[]) =>
      spawner.spawnOutliving(['sh', '-c', 'sleep 60; true', ...args], { logPath: join(directory, name) });
    const wanted = await spawn('a', 'x', tag);
    alive.push(wanted, await spawn('b', `${tag}1`), await spawn('c', `--name=${tag}`));
    expect(await findByArgument(tag)).toEqual([wanted]);
    expect(await findByArgument(`${tag}2`)).toEqual([]);
  });

  it('waits for an exit until its deadline or signal', async () => {
    const identity = await spawner.spawnOutliving(['sleep', '60'], { logPath: join(directory, 'log') });
    alive.push(identity);
    await expect(waitForExit(identity, { deadlineMs: 30 })).rejects.toMatchObject({ name: 'PollTimeoutError' });
    const waiting = waitForExit(identity, { signal: AbortSignal.timeout(30) });
    await expect(waiting).rejects.toMatchObject({ name: 'TimeoutError' });
  });
});
