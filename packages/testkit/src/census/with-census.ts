import { PollTimeoutError, poll } from '@banger/system';
import { diffCensus, takeCensus } from './census.ts';
import type { Census, CensusOptions } from './types.ts';

export interface WithCensusOptions extends CensusOptions {
  /** Time in milliseconds for what ends by itself (a process that was killed), 3000 unless told. */
  readonly settleMs?: number;
}

/** The host is not as it was before. */
export class CensusError extends Error {
  override readonly name = 'CensusError';
  readonly diff: string;

  constructor(diff: string) {
    super(`the host is not as it was before:\n${diff}`);
    this.diff = diff;
  }
}

/**
 * Runs a test's body and then demands that the host is as it was before, also after a body that failed.
 * @throws what `body` threw; CensusError with the difference; an AggregateError of both, the body's error first.
 */
export async function withCensus<T>(options: WithCensusOptions, body: () => Promise<T>): Promise<T> {
  const before = await takeCensus(options);
  const outcome = await body().then(
    (value) => ({ value }) as const,
    (error: unknown) => ({ error }) as const,
  );
  const left = await remainingDiff(before, options);
  if (left !== '' && 'error' in outcome) {
    const reason = outcome.error instanceof Error ? outcome.error.message : String(outcome.error);
    const errors = [outcome.error, new CensusError(left)];
    throw new AggregateError(errors, `${reason}\nand the host is not as it was before:\n${left}`, {
      cause: outcome.error,
    });
  }
  if (left !== '') throw new CensusError(left);
  if ('error' in outcome) throw outcome.error;
  return outcome.value;
}

async function remainingDiff(before: Census, options: WithCensusOptions): Promise<string> {
  const diffNow = async () => diffCensus(before, await takeCensus(options));
  const isEqual = async () => ((await diffNow()) === '' ? true : undefined);
  try {
    await poll(isEqual, { deadlineMs: options.settleMs ?? 3000, initialMs: 20 });
    return '';
  } catch (error) {
    if (!(error instanceof PollTimeoutError)) throw error;
    return diffNow();
  }
}
