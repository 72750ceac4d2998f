import { interleave } from '../interleave.ts';
import type { BuiltDaemon } from '../place/built-daemon.ts';
import type { Place } from '../place/place.ts';
import type { SshMaster } from '../place/ssh-master.ts';
import { programs } from '../programs.ts';
import { number } from '../report/render.ts';
import type { Finding } from '../report/types.ts';
import { median } from '../statistics.ts';
import { timeProcess } from '../timed-process.ts';
import { type BenchContext, runsOf } from './context.ts';
import { execTrue } from './guest-command.ts';

export interface ExecSubjects {
  readonly place: Place;
  readonly daemon: BuiltDaemon;
  readonly ssh: SshMaster;
  readonly vm: string;
}

/** `true` in a VM that runs, over connections that are open already. */
export async function measureExec(context: BenchContext, { place, daemon, ssh, vm }: ExecSubjects): Promise<Finding> {
  const { environment } = place;
  const node = programs.node();
  const whole = async (argv: readonly string[], env = environment): Promise<number> =>
    (await timeProcess(argv, { environment: env })).wholeMs;
  const times = await interleave(
    {
      cli: () => whole([programs.banger, 'vm', 'exec', vm, '--', 'true']),
      ssh: () => whole([...ssh.command, 'true']),
      library: async () => {
        const started = performance.now();
        await execTrue(daemon.client, vm);
        return performance.now() - started;
      },
      node: () => whole([node, '-e', '0'], { ...environment, NODE_COMPILE_CACHE: undefined }),
    },
    { runs: runsOf(context, 150, 20), warmUps: 5, signal: context.signal },
  );
  const [cli, viaSsh, library, start] = [times.cli, times.ssh, times.library, times.node].map(median) as [
    number,
    number,
    number,
    number,
  ];
  return {
    id: 'exec',
    title: 'Warm exec of true',
    method:
      'In turn, in one VM: the whole process `banger vm exec VM -- true` against the whole process `ssh` with an open control ' +
      'master (the comparison that counts: both start a process, use a connection that is there, and end with the ' +
      "command's status); the client library on a connection that it keeps; and `node -e 0`, which is the least that a " +
      'program on Node.js can take.',
    targets: [
      {
        what: 'warm exec of `true`: `banger vm exec` against multiplexed `ssh`',
        value: cli / viaSsh,
        limit: 1.2,
        unit: '',
        cause:
          `A program on Node.js starts in ${number(start)} ms (\`node -e 0\`), all of \`ssh\` takes ${number(viaSsh)} ms. The exec ` +
          `itself, through the client library, takes ${number(library)} ms: ${number(library / viaSsh)} times ssh. Beside these two ` +
          `the CLI takes ${number(cli - start - library)} ms.`,
      },
    ],
    series: [
      { label: 'banger vm exec', unit: 'ms', values: times.cli },
      { label: 'ssh, multiplexed', unit: 'ms', values: times.ssh },
      { label: 'client library', unit: 'ms', values: times.library },
      { label: 'node -e 0', unit: 'ms', values: times.node },
    ],
    facts: [{ label: 'client library against ssh', text: number(library / viaSsh) }],
  };
}
