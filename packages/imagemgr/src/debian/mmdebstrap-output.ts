/** How far a build is. `fraction` is 0 to 1 of what `message` names; null where it cannot be known. */
export interface BuildProgress {
  readonly message: string;
  readonly fraction: number | null;
}

type Counted = 'Get' | 'Unpacking' | 'Setting up';

/** Turns what mmdebstrap, apt and dpkg print (`--verbose`) into progress. One per run. */
export class MmdebstrapProgress {
  #total = 0;
  #counts: Record<Counted, number> = { Get: 0, Unpacking: 0, 'Setting up': 0 };

  /** The progress that this line means; undefined when it means none. */
  line(text: string): BuildProgress | undefined {
    const total = /^\d+ upgraded, (\d+) newly installed/.exec(text)?.[1];
    if (total !== undefined) {
      // mmdebstrap installs in two rounds, the essential packages first.
      this.#begin(Number(total));
      return undefined;
    }
    const counted = /^(Get|Unpacking|Setting up)[ :]/.exec(text)?.[1] as Counted | undefined;
    if (counted !== undefined) return this.#total > 0 ? this.#count(counted) : undefined;
    const reached = milestones.find(({ start }) => text.startsWith(start));
    if (!reached) return undefined;
    if (reached.endsRound === true) this.#begin(0);
    return { message: reached.message, fraction: null };
  }

  #begin(total: number): void {
    this.#total = total;
    this.#counts = { Get: 0, Unpacking: 0, 'Setting up': 0 };
  }

  #count(counted: Counted): BuildProgress {
    this.#counts[counted] += 1;
    const [total, { Get, Unpacking, 'Setting up': configured }] = [this.#total, this.#counts];
    if (counted === 'Get') return counting('downloading packages', Get, total, 1);
    // apt lets dpkg unpack and set up in turns: a package counts half for each.
    return counting('installing packages', Unpacking + configured, total, 2);
  }
}

function counting(message: string, done: number, total: number, perPackage: number): BuildProgress {
  const fraction = Math.min(done / (total * perPackage), 1);
  return { message: `${message} (${Math.floor(fraction * total)} of ${total})`, fraction };
}

interface Milestone {
  readonly start: string;
  readonly message: string;
  /** What is counted after it belongs to no round of packages. */
  readonly endsRound?: boolean;
}

const milestones: readonly Milestone[] = [
  { start: 'I: running apt-get update', message: 'reading package lists' },
  { start: 'I: extracting archives', message: 'extracting the essential packages' },
  { start: 'I: running --customize-hook', message: 'adding the kernel', endsRound: true },
  { start: 'I: cleaning package lists', message: 'tidying up' },
];
