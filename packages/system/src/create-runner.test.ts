import { getEventListeners } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CommandError } from './command-error.ts';
import { createRunner } from './create-runner.ts';
import { poll } from './poll.ts';
import { readIdentity } from './processes.ts';

const env = { PATH: process.env['PATH'], LC_ALL: 'de_DE.UTF-8' };
const runner = createRunner({ env, killGraceMs: 150 });
const sh = (script: string) => ['sh', '-c', script] as const;

async function failure(run: Promise<unknown>): Promise<CommandError> {
  const error = await run.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(CommandError);
  return error as CommandError;
}

describe('a command that ends by itself', () => {
  it('gives both outputs as they are, the final newline too', async () => {
    const result = await runner.run(sh('echo out; echo err >&2'));
    expect(result).toMatchObject({ stdout: 'out\n', stderr: 'err\n', exitCode: 0 });
  });

  it('passes arguments literally: there is no shell', async () => {
    const result = await runner.run(['printf', '%s|', '$HOME', '*', 'a b', '; true', '']);
    expect(result.stdout).toBe('$HOME|*|a b|; true||');
  });

  it('has the given environment, and LC_ALL=C whatever that says', async () => {
    const result = await runner.run(['env'], { env: { COLOUR: 'blue' } });
    expect(result.stdout.split('\n').toSorted()).toEqual(['', 'COLOUR=blue', 'LC_ALL=C', `PATH=${env.PATH}`]);
  });

  it('feeds input, and an empty stdin without it', async () => {
    expect((await runner.run(['cat'], { input: 'text' })).stdout).toBe('text');
    expect((await runner.run(['cat'], { input: Uint8Array.of(65, 66) })).stdout).toBe('AB');
    expect((await runner.run(['cat'])).stdout).toBe('');
  });

  it('does not mind a command that never reads its input', async () => {
    const result = await runner.run(['true'], { input: 'x'.repeat(1024 * 1024) });
    expect(result.exitCode).toBe(0);
  });

  it('delivers lines while it runs', async () => {
    const lines: string[] = [];
    await runner.run(sh('printf "one\\ntwo\\rthr"; sleep 0.02; printf "ee"; echo warn >&2'), {
      onStdoutLine: (line) => lines.push(line),
      onStderrLine: (line) => lines.push(`! ${line}`),
    });
    expect(lines.filter((line) => !line.startsWith('!'))).toEqual(['one', 'two', 'three']);
    expect(lines).toContain('! warn');
  });

  it('does not swallow an error of a line callback', async () => {
    const run = runner.run(['echo', 'x'], {
      onStdoutLine: () => {
        throw new Error('parser defect');
      },
    });
    await expect(run).rejects.toThrow('parser defect');
  });
});

describe('a failure', () => {
  it('names the command and its last stderr line', async () => {
    const error = await failure(runner.run(sh('echo first >&2; echo "no such device" >&2; exit 3')));
    expect(error.message).toBe('sh exited with status 3: no such device');
    expect(error).toMatchObject({ exitCode: 3, signal: undefined, cancelled: false, timedOut: false, notFound: false });
    expect(error.stderr).toContain('first');
  });

  it('is none when the exit code is expected', async () => {
    expect((await runner.run(sh('exit 1'), { okExitCodes: [0, 1] })).exitCode).toBe(1);
    expect((await failure(runner.run(['true'], { okExitCodes: [1] }))).exitCode).toBe(0);
  });

  it('tells a missing program from a missing directory', async () => {
    const missing = await failure(runner.run(['banger-no-such-program']));
    expect(missing).toMatchObject({ notFound: true, exitCode: undefined });
    expect(missing.message).toBe('banger-no-such-program was not found on this host');
    const lost = await failure(runner.run(['true'], { cwd: '/no/such/directory' }));
    expect(lost.notFound).toBe(false);
    expect(lost.message).toContain('/no/such/directory does not exist');
  });

  it('says which signal ended the command', async () => {
    const error = await failure(runner.run(sh('kill -USR1 $$')));
    expect(error).toMatchObject({ signal: 'SIGUSR1', exitCode: undefined });
    expect(error.message).toBe('sh was ended by SIGUSR1');
  });

  it('comes when the output exceeds its limit, and the command is ended', async () => {
    const error = await failure(runner.run(['yes'], { maxOutputBytes: 10_000 }));
    expect(error.outputLimit).toBe(true);
    expect(error.message).toBe('yes wrote more than 10000 bytes');
  });

  it('keeps only the end of a long stderr', async () => {
    const error = await failure(runner.run(sh('seq 1 20000 >&2; exit 1')));
    expect(error.stderr.length).toBe(8192);
    expect(error.message).toBe('sh exited with status 1: 20000');
  });
});

describe('ending a command', () => {
  let directory = '';
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'banger-runner-'));
  });
  afterEach(async () => {
    await rm(directory, { recursive: true });
  });
  const pidFrom = async (name: string) =>
    Number(
      await poll(
        async () => {
          const path = join(directory, name);
          return (existsSync(path) && (await readFile(path, 'utf8')).trim()) || undefined;
        },
        { deadlineMs: 5000 },
      ),
    );

  it('does not start one whose signal is aborted already', async () => {
    const run = runner.run(sh(`touch ${directory}/ran`), { signal: AbortSignal.abort('why') });
    expect(await failure(run)).toMatchObject({ cancelled: true, cause: 'why' });
    expect(existsSync(join(directory, 'ran'))).toBe(false);
  });

  it('sends SIGTERM on abort and keeps the reason', async () => {
    const controller = new AbortController();
    const run = runner.run(sh(`trap 'echo tidy; exit 0' TERM; echo $$ > ${directory}/pid; sleep 60 & wait`), {
      signal: controller.signal,
    });
    await pidFrom('pid');
    controller.abort('user');
    const error = await failure(run);
    expect(error).toMatchObject({ cancelled: true, timedOut: false, cause: 'user', stdout: 'tidy\n' });
  });

  it('takes the whole process group with it, with SIGKILL when SIGTERM does not help', async () => {
    const controller = new AbortController();
    const run = runner.run(sh(`trap '' TERM; (sleep 60; true) & echo $! > ${directory}/pid; sleep 60; true`), {
      signal: controller.signal,
    });
    const grandchild = await pidFrom('pid');
    expect(readIdentity(grandchild)).toBeDefined();
    controller.abort();
    expect(await failure(run)).toMatchObject({ cancelled: true, signal: 'SIGKILL' });
    await poll(() => (readIdentity(grandchild) === undefined ? true : undefined), { deadlineMs: 2000 });
  });

  it('ends at its deadline', async () => {
    const error = await failure(runner.run(['sleep', '60'], { timeoutMs: 50 }));
    expect(error).toMatchObject({ timedOut: true, cancelled: false });
    expect(error.message).toBe('sleep did not end within 50 ms');
  });

  it('does not wait for a descendant that left the group and holds the output open', async () => {
    const run = runner.run(sh(`setsid sleep 60 & echo $! > ${directory}/pid; sleep 60`), { timeoutMs: 100 });
    try {
      const started = performance.now();
      expect(await failure(run)).toMatchObject({ timedOut: true });
      expect(performance.now() - started).toBeLessThan(3000);
    } finally {
      process.kill(await pidFrom('pid'), 'SIGKILL');
    }
  });

  it('leaves no listener on the signal', async () => {
    const controller = new AbortController();
    const { signal } = controller;
    await runner.run(['true'], { signal });
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });
});

describe('privileged commands', () => {
  const prefixed = createRunner({ env, euid: 1000, privilegePrefix: ['env', 'ELEVATED=1'], killGraceMs: 150 });

  it('get the prefix unless we are root', async () => {
    expect((await prefixed.run(sh('echo $ELEVATED'), { privileged: true })).stdout).toBe('1\n');
    expect((await prefixed.run(sh('echo $ELEVATED'))).stdout).toBe('\n');
    const root = createRunner({ env, euid: 0, privilegePrefix: ['env', 'ELEVATED=1'] });
    expect((await root.run(sh('echo $ELEVATED'), { privileged: true })).stdout).toBe('\n');
  });

  it('carry their environment through a prefix that resets it', async () => {
    const strict = createRunner({ env, euid: 1000, privilegePrefix: ['env', '-i', `PATH=${env.PATH}`] });
    expect((await strict.run(sh('echo $A'), { privileged: true, env: { A: 'x y' } })).stdout).toBe('x y\n');
  });

  it('are ended through the prefix', async () => {
    const error = await failure(prefixed.run(['sleep', '60'], { privileged: true, timeoutMs: 50 }));
    expect(error).toMatchObject({ timedOut: true, signal: 'SIGTERM' });
  });

  it('name the command and not the prefix in errors', async () => {
    const error = await failure(prefixed.run(['sh', '-c', 'exit 4'], { privileged: true }));
    expect(error.argv).toEqual(['sh', '-c', 'exit 4']);
  });
});
