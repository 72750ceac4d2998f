/** Measures one run of something. */
export type Subject<T> = () => Promise<T>;

export interface InterleaveOptions {
  /** Of each subject, beside the warm-up. */
  readonly runs: number;
  /** Runs of each subject first, not counted; 1 unless told. */
  readonly warmUps?: number;
  /** Ends between two runs. */
  readonly signal: AbortSignal;
  readonly onRound?: (round: number) => void;
}

/**
 * Runs subjects in turn, so that what disturbs the host disturbs all of them. Every second round goes backwards: none
 * always comes after the same other one.
 */
export async function interleave<K extends string, T>(
  subjects: Readonly<Record<K, Subject<T>>>,
  { runs, warmUps = 1, signal, onRound }: InterleaveOptions,
): Promise<Record<K, T[]>> {
  const names = Object.keys(subjects) as K[];
  const results = Object.fromEntries(names.map((name) => [name, []])) as unknown as Record<K, T[]>;
  for (let round = -warmUps; round < runs; round++) {
    onRound?.(round);
    for (const name of round % 2 === 0 ? names : names.toReversed()) {
      signal.throwIfAborted();
      const result = await subjects[name]();
      if (round >= 0) results[name].push(result);
    }
  }
  return results;
}
