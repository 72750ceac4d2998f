import type { Handler } from '../arguments/spec.ts';
import { locateDaemon } from '../daemon/locate.ts';
import { daemonArguments } from './daemon-options.ts';

/** `banger daemon run`: this process becomes the daemon. */
export const daemonRun: Handler = async (context, invocation) => {
  const { file, argv } = locateDaemon(context, invocation.value('bangerd'));
  context.io.replaceProcess(file, [...argv, ...daemonArguments(context, invocation)]);
  return 0;
};
