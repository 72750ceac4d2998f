/** What happens at a point: an error, SIGKILL of this process as in a crash, or nothing ever again. */
export type FailAction = 'throw' | 'kill' | 'hang';

export interface Failure {
  readonly point: string;
  readonly action: FailAction;
  /** At which visit, from 1; the first unless told. */
  readonly visit?: number;
}

/** Thrown by a point that is told to throw. */
export class FailpointError extends Error {
  override readonly name = 'FailpointError';
  readonly point: string;

  constructor(point: string) {
    super(`failpoint ${point}`);
    this.point = point;
  }
}

/** Named points in a program at which a test lets it fail. Pass `hit` to the program under test. */
export class Failpoints {
  /** Every point visited so far, in order: run once without failures to learn their names. */
  readonly visited: string[] = [];
  readonly #failures: readonly Failure[];
  readonly #kill: () => void;
  readonly #hanging = new Set<() => void>();

  constructor(failures: readonly Failure[] = [], kill: () => void = killSelf) {
    this.#failures = failures;
    this.#kill = kill;
  }

  readonly hit = (point: string): void | Promise<void> => {
    this.visited.push(point);
    const visit = this.visited.filter((name) => name === point).length;
    const failure = this.#failures.find((candidate) => candidate.point === point && (candidate.visit ?? 1) === visit);
    if (failure === undefined) return undefined;
    if (failure.action === 'throw') throw new FailpointError(point);
    if (failure.action === 'kill') this.#kill();
    return new Promise((resolve) => {
      this.#hanging.add(resolve);
    });
  };

  /** How many visitors hang. */
  get hanging(): number {
    return this.#hanging.size;
  }

  /** Lets those that hang go on. */
  release(): void {
    for (const resolve of this.#hanging) resolve();
    this.#hanging.clear();
  }
}

/**
 * Reads `point=action`, `point=action@visit`, several with commas: for a program that gets its failures as text.
 * @throws Error for anything else.
 */
export function parseFailures(text: string): readonly Failure[] {
  const parts = text.split(',').map((part) => part.trim());
  return parts.filter((part) => part !== '').map(parseFailure);
}

function parseFailure(text: string): Failure {
  const groups = /^(?<point>[^=]+)=(?<action>throw|kill|hang)(?:@(?<visit>[1-9]\d*))?$/.exec(text)?.groups;
  if (groups?.['point'] === undefined) {
    throw new Error(
      `not a failpoint: "${text}"; write point=throw, point=kill or point=hang, with @2 for the second visit`,
    );
  }
  const visit = groups['visit'] === undefined ? {} : { visit: Number(groups['visit']) };
  return { point: groups['point'], action: groups['action'] as FailAction, ...visit };
}

function killSelf(): void {
  process.kill(process.pid, 'SIGKILL');
}
