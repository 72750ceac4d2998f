import { createRunner } from '@banger/system';
import { type Census, diffCensus, takeCensus } from '@banger/testkit';

const runner = createRunner({ env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' } });

/** What tests with daemons may leave behind: nothing. Processes count when they are VMMs or daemons of such tests. */
export const censusOfOurs = {
  take: (): Promise<Census> =>
    takeCensus({
      runner,
      processes: ({ argv }) => argv.some((word) => /^banger-[0-9a-f]{8}-|guest=banger-|bgt-/.test(word)),
    }),
  /** Empty when all is as before. */
  differenceTo: async (before: Census): Promise<string> => diffCensus(before, await censusOfOurs.take()),
};
