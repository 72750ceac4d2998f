import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createLocks } from './create-locks.ts';
import type { LeafSource, Locks, MiddleSource } from './types.ts';

const ids = ['a', 'b', 'c'] as const;

interface Job {
  readonly vms: readonly string[];
  readonly middle: 'createVm' | 'imageOps' | 'none';
  readonly leaf: string | null;
  /** Turns of the event loop between one step of the job and the next. */
  readonly pauses: readonly number[];
  /** The wait is given up after so many turns. */
  readonly abortAfter: number | null;
}

const job = fc.record<Job>({
  vms: fc.uniqueArray(fc.constantFrom(...ids), { maxLength: 3 }),
  middle: fc.constantFrom('createVm', 'imageOps', 'none'),
  leaf: fc.option(fc.constantFrom('x', 'y')),
  pauses: fc.array(fc.nat({ max: 3 }), { minLength: 4, maxLength: 4 }),
  abortAfter: fc.option(fc.nat({ max: 12 })),
});

const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));
async function turns(count = 0): Promise<void> {
  for (let left = count; left > 0; left--) await turn();
}

/** Counts who is inside which lock. */
class Inside {
  readonly #names = new Set<string>();

  enter(names: readonly string[]): Disposable {
    for (const name of names) {
      expect(this.#names.has(name), `two hold ${name}`).toBe(false);
      this.#names.add(name);
    }
    return { [Symbol.dispose]: () => names.forEach((name) => this.#names.delete(name)) };
  }
}

async function runJob(
  locks: Locks,
  inside: Inside,
  { vms, middle, leaf, pauses }: Job,
  signal: AbortSignal,
): Promise<void> {
  await turns(pauses[0]);
  await using outer = vms.length === 0 ? null : await locks.root.lockVms(vms, signal);
  using _vms = inside.enter(vms);
  await turns(pauses[1]);
  const source: MiddleSource = outer ?? locks.root;
  await using inner = middle === 'none' ? null : await source[middle](signal);
  using _middle = inside.enter(middle === 'none' ? [] : [middle]);
  await turns(pauses[2]);
  if (leaf === null) return;
  const leafSource: LeafSource = inner ?? source;
  await using _leafLease = await leafSource.leaf(leaf, signal);
  using _leaf = inside.enter([`leaf:${leaf}`]);
  await turns(pauses[3]);
}

test('random schedules: no deadlock, nobody inside beside another, nothing left behind', {
  timeout: 30_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(job, { minLength: 1, maxLength: 10 }), async (jobs) => {
      const locks = createLocks();
      const inside = new Inside();
      const running = jobs.map(async (one) => {
        const abort = new AbortController();
        if (one.abortAfter !== null) void turns(one.abortAfter).then(() => abort.abort(new Error('given up')));
        return locks.runDetached(() => runJob(locks, inside, one, abort.signal));
      });
      let finished = false;
      const all = Promise.allSettled(running).finally(() => (finished = true));
      // Each job pauses for 12 turns at most; more turns than all of them together need mean a deadlock.
      for (let left = 40 * jobs.length + 40; left > 0 && !finished; left--) await turn();
      expect(finished, `deadlock: ${JSON.stringify(locks.snapshot())}`).toBe(true);
      for (const [index, result] of (await all).entries()) {
        if (result.status === 'rejected') expect(result.reason).toMatchObject({ message: 'given up' });
        else if (jobs[index]?.abortAfter === null) expect(result.status).toBe('fulfilled');
      }
      expect(locks.snapshot()).toEqual([]);
    }),
    { numRuns: 300, seed: 20260301 },
  );
});
