import { CommandError } from '@banger/system';
import { describe, expect, it } from 'vitest';
import { FakeRunner } from './fake-runner.ts';

describe('FakeRunner', () => {
  it('answers by a prefix of the argv, by patterns and by a predicate', async () => {
    const runner = new FakeRunner()
      .on(['ip', 'link'], 'links')
      .on(['nft', /^-[js]$/], { stdout: 'rules', stderr: 'warning' })
      .on(
        (argv) => argv.length === 1,
        ({ argv }) => `alone: ${argv[0]}`,
      );
    expect((await runner.run(['ip', 'link', 'show'])).stdout).toBe('links');
    expect(await runner.run(['nft', '-j'])).toMatchObject({ stdout: 'rules', stderr: 'warning', exitCode: 0 });
    expect((await runner.run(['true'])).stdout).toBe('alone: true');
    expect(runner.lines).toEqual(['ip link show', 'nft -j', 'true']);
  });

  it('refuses a command that nothing was said about', async () => {
    await expect(new FakeRunner().on(['ip']).run(['rm', '-rf', '/'])).rejects.toThrow('no answer for: rm -rf /');
  });

  it('uses each `once` in order before the standing answer', async () => {
    const runner = new FakeRunner().on(['date'], 'standing').once(['date'], 'first').once(['date'], 'second');
    const outputs = [];
    for (let n = 0; n < 3; n += 1) outputs.push((await runner.run(['date'])).stdout);
    expect(outputs).toEqual(['first', 'second', 'standing']);
    expect(runner.unused).toEqual([]);
    expect(runner.once(['never']).unused).toEqual([['never']]);
  });

  it('fails as a real command does', async () => {
    const runner = new FakeRunner().on(['ip'], { exitCode: 2, stderr: 'a\nno such device\n' });
    const error = await runner.run(['ip', 'x']).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(CommandError);
    expect(error).toMatchObject({ exitCode: 2, message: 'ip exited with status 2: no such device' });
    expect((await runner.run(['ip'], { okExitCodes: [0, 2] })).exitCode).toBe(2);
  });

  it('throws a scripted error, honours an aborted signal and delivers lines', async () => {
    const runner = new FakeRunner().on(['broken'], new Error('scripted')).on(['lines'], 'a\nb\n');
    await expect(runner.run(['broken'])).rejects.toThrow('scripted');
    await expect(runner.run(['lines'], { signal: AbortSignal.abort() })).rejects.toMatchObject({ cancelled: true });
    const lines: string[] = [];
    await runner.run(['lines'], { onStdoutLine: (line) => lines.push(line) });
    expect(lines).toEqual(['a', 'b']);
    expect(runner.calls).toHaveLength(2);
  });
});
