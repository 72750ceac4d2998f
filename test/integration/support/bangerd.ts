// A bangerd for tests: the real daemon, with failpoints from its arguments. `bangerd.ts CONFIG [FAILURES]`
import { appendFileSync } from 'node:fs';
import { Daemon } from '@banger/daemon';
import { Failpoints, parseFailures } from '@banger/testkit';
import { loadTestConfig } from './config.ts';

const [configFile = '', failures = '', visitedFile = ''] = process.argv.slice(2);
const failpoints = new Failpoints(parseFailures(failures));
const hit = (point: string): void | Promise<void> => {
  if (visitedFile !== '') appendFileSync(visitedFile, `${point}\n`);
  return failpoints.hit(point);
};
const stopping = new AbortController();
process.once('SIGTERM', () => stopping.abort());
const daemon = await Daemon.open(await loadTestConfig(configFile), { failpoint: hit });
await daemon.serve({ signal: stopping.signal, onListening: () => console.error('listening') });
