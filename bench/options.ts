import { parseArgs } from 'node:util';

/** In the order in which they run. */
export const measurementIds = ['footprint', 'rpc', 'list', 'create', 'exec', 'throughput'] as const;
export type MeasurementId = (typeof measurementIds)[number];

export interface BenchOptions {
  readonly only: ReadonlySet<MeasurementId>;
  readonly quick: boolean;
  readonly write: boolean;
  readonly help: boolean;
}

export const usage = `npm run bench -- [--only ID,ID] [--quick] [--write]

  --only ID,ID   measure these: ${measurementIds.join(', ')} [all]
  --quick        fewer runs: for a look, not for the record
  --write        put the results into docs/benchmarks.md
`;

/** @throws Error that says what is wrong with the command line */
export function readOptions(argv: readonly string[]): BenchOptions {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      only: { type: 'string', multiple: true, default: [] },
      quick: { type: 'boolean', default: false },
      write: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  const { quick, write, help } = values;
  const names = values.only.flatMap((list) => list.split(','));
  const only = new Set(names.length === 0 ? measurementIds : names.map(asMeasurement));
  if (write && (quick || only.size < measurementIds.length)) {
    throw new Error('--write is for complete results: leave --quick and --only out');
  }
  return { only, quick, write, help };
}

function asMeasurement(name: string): MeasurementId {
  const id = measurementIds.find((each) => each === name);
  if (id === undefined) throw new Error(`there is no measurement ${name}; there are ${measurementIds.join(', ')}`);
  return id;
}
