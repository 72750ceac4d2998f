import { type Argv, CommandError, type Runner, type RunOptions, type RunResult } from '@banger/system';

/** Which commands an answer is for: a prefix of the argv (words or patterns), or a predicate. */
export type ArgvMatcher = readonly (string | RegExp)[] | ((argv: Argv) => boolean);

export interface FakeCall {
  readonly argv: Argv;
  readonly options: RunOptions;
}

interface FakeResult {
  readonly stdout?: string;
  readonly stderr?: string;
  readonly exitCode?: number;
}

/** Text stands for stdout; an Error is thrown as it is. */
export type FakeAnswer = string | FakeResult | Error | ((call: FakeCall) => FakeAnswer | Promise<FakeAnswer>);

interface Script {
  readonly matcher: ArgvMatcher;
  readonly answer: FakeAnswer;
  readonly once: boolean;
}

/** A Runner whose answers are scripted. It records calls, and a command that nothing was said about is an error. */
export class FakeRunner implements Runner {
  readonly calls: FakeCall[] = [];
  #scripts: readonly Script[] = [];

  /** Answers every matching command. The first matching script wins, unless a later `once` is still unused. */
  on(matcher: ArgvMatcher, answer: FakeAnswer = ''): this {
    this.#scripts = [...this.#scripts, { matcher, answer, once: false }];
    return this;
  }

  /** Answers one matching command; several are used in order. */
  once(matcher: ArgvMatcher, answer: FakeAnswer = ''): this {
    this.#scripts = [...this.#scripts, { matcher, answer, once: true }];
    return this;
  }

  /** Command lines so far, for comparison. */
  get lines(): readonly string[] {
    return this.calls.map(({ argv }) => argv.join(' '));
  }

  /** Matchers of `once` that no command has used. */
  get unused(): readonly ArgvMatcher[] {
    return this.#scripts.filter((script) => script.once).map((script) => script.matcher);
  }

  async run(argv: Argv, options: RunOptions = {}): Promise<RunResult> {
    if (options.signal?.aborted === true) {
      throw new CommandError({
        argv,
        summary: 'was cancelled before its start',
        cancelled: true,
        cause: options.signal.reason,
      });
    }
    const call = { argv, options };
    this.calls.push(call);
    return settle(call, await resolve(this.#take(argv), call));
  }

  #take(argv: Argv): FakeAnswer {
    const matching = this.#scripts.filter((script) => matches(script.matcher, argv));
    const script = matching.find((candidate) => candidate.once) ?? matching[0];
    if (script === undefined) throw new Error(`the FakeRunner has no answer for: ${argv.join(' ')}`);
    if (script.once) this.#scripts = this.#scripts.filter((other) => other !== script);
    return script.answer;
  }
}

function matches(matcher: ArgvMatcher, argv: Argv): boolean {
  if (typeof matcher === 'function') return matcher(argv);
  return matcher.every((word, index) => {
    const argument = argv[index];
    return argument !== undefined && (typeof word === 'string' ? word === argument : word.test(argument));
  });
}

async function resolve(answer: FakeAnswer, call: FakeCall): Promise<Exclude<FakeAnswer, (call: FakeCall) => unknown>> {
  return typeof answer === 'function' ? resolve(await answer(call), call) : answer;
}

function settle({ argv, options }: FakeCall, answer: string | FakeResult | Error): RunResult {
  if (answer instanceof Error) throw answer;
  const { stdout = '', stderr = '', exitCode = 0 } = typeof answer === 'string' ? { stdout: answer } : answer;
  for (const line of linesOf(stdout)) options.onStdoutLine?.(line);
  for (const line of linesOf(stderr)) options.onStderrLine?.(line);
  if (!(options.okExitCodes ?? [0]).includes(exitCode)) {
    throw new CommandError({ argv, summary: `exited with status ${exitCode}`, exitCode, stdout, stderr });
  }
  return { stdout, stderr, exitCode, durationMs: 0 };
}

function linesOf(text: string): readonly string[] {
  return text === '' ? [] : text.replace(/\n$/, '').split('\n');
}
