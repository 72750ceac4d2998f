import { succeed } from '../../test/integration/support/daemon.ts';
import type { BareHost, BareRun } from '../bare/bare-host.ts';
import { interleave } from '../interleave.ts';
import type { BuiltDaemon } from '../place/built-daemon.ts';
import type { Place } from '../place/place.ts';
import { programs } from '../programs.ts';
import { number } from '../report/render.ts';
import type { Fact, Finding } from '../report/types.ts';
import { median } from '../statistics.ts';
import { type TimedProcess, timeProcess } from '../timed-process.ts';
import { type BenchContext, runsOf } from './context.ts';
import { execTrue } from './guest-command.ts';

export interface CreateSubjects {
  readonly place: Place;
  readonly daemon: BuiltDaemon;
  readonly bare: BareHost;
}

type Stages = BareRun['stages'];

interface LibraryRun {
  readonly createMs: number;
  readonly execMs: number;
  readonly stages: Stages;
}

/** From nothing to the first command's output, against a script that does the same by hand. */
export async function measureCreate(context: BenchContext, subjects: CreateSubjects): Promise<Finding> {
  const { place, daemon, bare } = subjects;
  const runs = runsOf(context, 12, 3);
  const { library, cli, script } = (await interleave<'library' | 'cli' | 'script', unknown>(
    {
      cli: () =>
        timeProcess([programs.banger, 'vm', 'run', '--rm', 'debian', '--', 'echo', 'ready'], {
          environment: place.environment,
        }),
      script: () => bare.run('echo ready'),
      library: () => createByLibrary(daemon),
    },
    { runs, signal: context.signal, onRound: (round) => context.say(`  round ${round} of ${runs}`) },
  )) as { library: LibraryRun[]; cli: TimedProcess[]; script: BareRun[] };
  const cliFirst = cli.map(firstOutput);
  const scriptFirst = script.map(firstOutput);
  const libraryFirst = library.map(({ createMs, execMs }) => createMs + execMs);
  const bangerStages = stageMedians(library.map(({ stages }) => stages));
  const scriptStages = stageMedians(script.map(({ stages }) => stages));
  const [cliMs, scriptMs, libraryMs] = [median(cliFirst), median(scriptFirst), median(libraryFirst)];
  const stagesText = (stages: Stages): string =>
    stages.map(({ name, durationMs }) => `${name} ${number(durationMs)}`).join(', ');
  const cause =
    `The CLI adds ${number(cliMs - libraryMs)} ms to the client library's ${number(libraryMs)} ms. Stages of banger in ms: ` +
    `${stagesText(bangerStages)}; of the script: ${stagesText(scriptStages)}.`;
  const facts: Fact[] = [
    { label: 'stages of banger (medians, ms)', text: stagesText(bangerStages) },
    { label: 'the operation beside its stages (ms)', text: number(median(library.map(besideStages))) },
    { label: 'the first vm.exec after it (ms)', text: number(median(library.map(({ execMs }) => execMs))) },
    { label: 'stages of the script (medians, ms)', text: stagesText(scriptStages) },
    { label: 'client library against the script', text: number(libraryMs / scriptMs) },
  ];
  return {
    id: 'create',
    title: 'From nothing to the first command in a new VM',
    method:
      'Whole processes in turn: `banger vm run --rm debian -- echo ready` against a bash script that by hand makes the same ' +
      'overlays of the same image (qemu-img), the same seed (ssh-keygen, tar), a TAP on a bridge (ip), starts QEMU with the ' +
      "arguments of banger's own VMs, tries the port every 40 ms and then runs `ssh ... echo ready`. First output: from the " +
      'start of the process until `ready` arrives. Whole: until the VM is gone again and the process has ended. The client ' +
      'library does vm.create, waits for its end and runs `true`, on a connection that it keeps. The first round is not counted.',
    targets: [
      {
        what: 'create to first exec, against a bare QEMU script',
        value: cliMs / scriptMs,
        limit: 1.05,
        unit: '',
        cause,
      },
    ],
    series: [
      { label: 'banger vm run, first output', unit: 'ms', values: cliFirst },
      { label: 'script, first output', unit: 'ms', values: scriptFirst },
      { label: 'client library, create and exec of true', unit: 'ms', values: libraryFirst },
      { label: 'banger vm run --rm, whole', unit: 'ms', values: cli.map(({ wholeMs }) => wholeMs) },
      { label: 'script, whole', unit: 'ms', values: script.map(({ wholeMs }) => wholeMs) },
    ],
    facts,
  };
}

async function createByLibrary({ client }: BuiltDaemon): Promise<LibraryRun> {
  const started = performance.now();
  const { subject, stages } = await succeed(client, 'vm.create', { image: 'debian' });
  const createMs = performance.now() - started;
  await execTrue(client, subject ?? '');
  const execMs = performance.now() - started - createMs;
  await succeed(client, 'vm.delete', { vm: subject ?? '' });
  return { createMs, execMs, stages: stages.map(({ name, durationMs }) => ({ name, durationMs: durationMs ?? 0 })) };
}

function firstOutput({ firstOutputMs, stdout }: TimedProcess): number {
  if (stdout !== 'ready\n' || firstOutputMs === undefined) throw new Error(`instead of "ready": ${stdout}`);
  return firstOutputMs;
}

function besideStages({ createMs, stages }: LibraryRun): number {
  return createMs - stages.reduce((sum, { durationMs }) => sum + durationMs, 0);
}

function stageMedians(runs: readonly Stages[]): Stages {
  const names = runs[0]?.map(({ name }) => name) ?? [];
  return names.map((name, index) => ({
    name,
    durationMs: median(runs.map((stages) => stages[index]?.durationMs ?? 0)),
  }));
}
