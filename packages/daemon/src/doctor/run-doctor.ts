import { evaluate } from './evaluate.ts';
import { gather } from './gather.ts';
import type { DoctorContext, Report } from './types.ts';

/**
 * Looks at the host and says what is wrong and how to mend it. It needs no daemon, changes nothing, and does not fail
 * on a broken host: what cannot be learnt is a finding too.
 */
export async function runDoctor(context: DoctorContext, signal: AbortSignal): Promise<Report> {
  return evaluate(await gather(context, signal), context.config);
}
