import { interleave } from '../interleave.ts';
import type { Place } from '../place/place.ts';
import { programs } from '../programs.ts';
import { number } from '../report/render.ts';
import type { Finding } from '../report/types.ts';
import { median } from '../statistics.ts';
import { timeProcess } from '../timed-process.ts';
import { type BenchContext, runsOf } from './context.ts';

/** `banger vm list` with many recorded VMs against a Node.js that does nothing. */
export async function measureList(context: BenchContext, place: Place, vmCount: number): Promise<Finding> {
  const { environment } = place;
  const node = programs.node();
  const whole = async (argv: readonly string[], env = environment): Promise<number> =>
    (await timeProcess(argv, { environment: env })).wholeMs;
  const plain = { ...environment, NODE_COMPILE_CACHE: undefined };
  const subjects = {
    list: async () => {
      const { wholeMs, stdout } = await timeProcess([programs.banger, 'vm', 'list'], { environment });
      const lines = stdout.trimEnd().split('\n').length;
      if (lines !== vmCount + 1) throw new Error(`banger vm list printed ${lines} lines for ${vmCount} VMs`);
      return wholeMs;
    },
    node: () => whole([node, '-e', '0'], plain),
    // What every command pays, list or not.
    version: () => whole([programs.banger, '--version']),
    launcher: () => whole(['/bin/sh', '-c', 'exec /bin/true'], plain),
  };
  const runs = runsOf(context, 60, 10);
  const times = await interleave(subjects, { runs, warmUps: 3, signal: context.signal });
  const [list, bare, version, launcher] = [times.list, times.node, times.version, times.launcher].map(median) as [
    number,
    number,
    number,
    number,
  ];
  return {
    id: 'list',
    title: `banger vm list with ${vmCount} recorded VMs`,
    method:
      'Whole processes, from their start to their end, in turn: the launcher script, Node.js, one connection, one call and a ' +
      'table into a pipe, against `node -e 0` of the same Node.js without a compile cache.',
    targets: [
      {
        what: `\`banger vm list\`, ${vmCount} VMs, against \`node -e 0\``,
        value: list / bare,
        limit: 1.5,
        unit: '',
        cause:
          `Beside the ${number(bare)} ms of Node.js itself: ${number(version - bare)} ms for what every command does ` +
          `(a shell that starts and ends takes ${number(launcher)} ms of it), ${number(list - version)} ms for the ` +
          'connection, the call and the table.',
      },
    ],
    series: [
      { label: 'banger vm list', unit: 'ms', values: times.list },
      { label: 'node -e 0', unit: 'ms', values: times.node },
      { label: 'banger --version', unit: 'ms', values: times.version },
      { label: 'sh -c "exec true"', unit: 'ms', values: times.launcher },
    ],
    facts: [],
  };
}
