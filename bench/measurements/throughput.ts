import { interleave } from '../interleave.ts';
import { programs } from '../programs.ts';
import type { Finding } from '../report/types.ts';
import { timeBytes } from '../timed-process.ts';
import { type BenchContext, runsOf } from './context.ts';
import type { ExecSubjects } from './exec.ts';

const MEGABYTE = 1e6;

/** How fast a command's output arrives. */
export async function measureThroughput(
  context: BenchContext,
  { place, ssh, vm }: Pick<ExecSubjects, 'place' | 'ssh' | 'vm'>,
): Promise<Finding> {
  const megabytes = runsOf(context, 200, 20);
  const bytes = megabytes * MEGABYTE;
  const guestCommand = ['head', '-c', String(bytes), '/dev/zero'];
  const rate = async (argv: readonly string[]): Promise<number> => {
    const arrived = await timeBytes(argv, { environment: place.environment });
    if (arrived.bytes !== bytes)
      throw new Error(`${argv.join(' ')}: ${arrived.bytes} bytes arrived instead of ${bytes}`);
    return megabytes / (arrived.wholeMs / 1000);
  };
  const rates = await interleave(
    {
      cli: () => rate([programs.banger, 'vm', 'exec', vm, '--', ...guestCommand]),
      ssh: () => rate([...ssh.command, ...guestCommand]),
    },
    { runs: runsOf(context, 7, 2), signal: context.signal },
  );
  return {
    id: 'throughput',
    title: `Output of a command: ${megabytes} MB`,
    method:
      `\`${guestCommand.join(' ')}\` in a VM, its output counted by \`wc -c\`: whole processes in turn, ` +
      `\`banger vm exec\` against multiplexed \`ssh\` (cipher ${ssh.cipher}). No target.`,
    targets: [],
    series: [
      { label: 'banger vm exec', unit: 'MB/s', values: rates.cli },
      { label: 'ssh, multiplexed', unit: 'MB/s', values: rates.ssh },
    ],
    facts: [],
  };
}
