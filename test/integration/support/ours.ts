import { createHash } from 'node:crypto';
import { createRunner } from '@banger/system';
import { type Census, diffCensus, takeCensus } from '@banger/testkit';

const runner = createRunner({ env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' } });

/** What one world may leave behind: nothing. Other daemons on the machine may come and go meanwhile. */
export interface WorldCensus {
  take(): Promise<Census>;
  /** Empty when all is as before. */
  differenceTo(before: Census): Promise<string>;
}

/** Counts what carries the instance id, the bridge or the directory of a world. */
export function censusOf(directory: string, bridge: string): WorldCensus {
  const instance = createHash('sha256').update(`${directory}/state`).digest('hex').slice(0, 8);
  const isOurs = (text: string): boolean =>
    [instance, `${directory}/`, `${bridge} `].some((mark) => `${text} `.includes(mark));
  const take = (): Promise<Census> =>
    takeCensus({ runner, processes: ({ argv }) => argv.some(isOurs), only: (_category, entry) => isOurs(entry) });
  return { take, differenceTo: async (before) => diffCensus(before, await take()) };
}
