import { readFile } from 'node:fs/promises';
import { cpus, loadavg, release, totalmem } from 'node:os';
import { CommandError, type Runner } from '@banger/system';
import { programs, repository } from './programs.ts';
import type { Fact } from './report/types.ts';

/** What a reader needs to know of the host to compare the results with those of another. */
export async function hostFacts(runner: Runner): Promise<Fact[]> {
  const line = async (argv: readonly [string, ...string[]], from: 'stdout' | 'stderr' = 'stdout'): Promise<string> =>
    ((await runner.run(argv, { cwd: repository }))[from].split('\n')[0] ?? '').trim();
  const system = /^PRETTY_NAME="?(.*?)"?$/m.exec(await readFile('/etc/os-release', 'utf8'))?.[1] ?? 'unknown';
  return [
    { label: 'date', text: new Date().toISOString().slice(0, 16).replace('T', ' ') + ' UTC' },
    { label: 'commit', text: await commitOf(runner) },
    { label: 'CPU', text: `${cpus().length} x ${cpus()[0]?.model ?? 'unknown'}` },
    { label: 'memory', text: `${Math.round(totalmem() / 2 ** 30)} GiB` },
    { label: 'system', text: `${system}, Linux ${release()}` },
    { label: 'Node.js', text: await line([programs.node(), '--version']) },
    { label: 'QEMU', text: await line(['qemu-system-x86_64', '--version']) },
    { label: 'OpenSSH', text: await line(['ssh', '-V'], 'stderr') },
    {
      label: 'load at the start (1, 5, 15 minutes)',
      text: loadavg()
        .map((load) => load.toFixed(1))
        .join(' '),
    },
  ];
}

async function commitOf(runner: Runner): Promise<string> {
  const git = async (...args: string[]): Promise<string> =>
    (await runner.run(['git', '-c', 'safe.directory=*', ...args], { cwd: repository })).stdout.trim();
  try {
    const commit = await git('rev-parse', '--short=12', 'HEAD');
    const changes = await git('status', '--porcelain', '--untracked-files=no');
    return changes === '' ? commit : `${commit} with uncommitted changes`;
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    return 'unknown: this is no git checkout';
  }
}
