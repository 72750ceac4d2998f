/** `npm run bench`: measures the built programs and says what was met; see README.md beside it. */
import { fileURLToPath } from 'node:url';
import { createRunner } from '@banger/system';
import { withCensus } from '@banger/testkit';
import { hostFacts } from './host-facts.ts';
import type { BenchContext } from './measurements/context.ts';
import { type BenchOptions, readOptions, usage } from './options.ts';
import { censusOfMarks, type Marks } from './place/census.ts';
import { measureRecorded } from './recorded-suite.ts';
import { writeResults } from './report/document.ts';
import { renderReport } from './report/render.ts';
import { type Fact, type Finding, isMet } from './report/types.ts';
import { measureVms } from './vm-suite.ts';

const document = fileURLToPath(new URL('../docs/benchmarks.md', import.meta.url));

async function main(options: BenchOptions): Promise<void> {
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => stop.abort(new Error(`stopped by ${signal}`)));
  }
  const findings: Finding[] = [];
  const context: BenchContext = {
    quick: options.quick,
    signal: stop.signal,
    say: (text) => process.stderr.write(`${text}\n`),
    record: (finding) => findings.push(finding),
  };
  const marks: Marks = { directories: [], names: [] };
  const runner = createRunner({ env: process.env });
  const host: Fact[] = [];
  try {
    await withCensus(censusOfMarks(runner, marks), async () => {
      host.push(...(await hostFacts(runner)));
      await measureRecorded(context, marks, options.only);
      host.push(...(await measureVms(context, { runner, marks }, options.only)));
    });
  } finally {
    // What was measured before a failure is still worth reading.
    process.stdout.write(`${renderReport({ host, findings })}\n`);
  }
  if (options.write) await writeResults(document, renderReport({ host, findings }));
  const missed = findings.flatMap(({ targets }) => targets).filter((target) => !isMet(target));
  if (missed.length > 0) context.say(`${missed.length} targets were missed`);
}

const options = readOptions(process.argv.slice(2));
if (options.help) process.stdout.write(usage);
else await main(options);
