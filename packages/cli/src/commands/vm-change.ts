import { randomUUID } from 'node:crypto';
import type { WireError } from '@banger/api-types/client';
import type { Invocation } from '../arguments/invocation.ts';
import type { Handler } from '../arguments/spec.ts';
import { parseDuration } from '../arguments/values.ts';
import type { Context } from '../context.ts';
import { print, printJson } from '../context.ts';
import { DaemonLink } from '../daemon/link.ts';
import { overallStatus, statusOfSignal } from '../exit-status.ts';
import { Interrupts } from '../interrupts.ts';
import type { Display, Operation } from '../operations/display.ts';
import { createDisplay } from '../operations/display.ts';
import { follow } from '../operations/follow.ts';
import { reportError, statusOf, toWireError } from '../output/report-error.ts';
import { withSuggestion } from './names.ts';

type Verb = 'start' | 'stop' | 'restart' | 'kill' | 'delete';

/** So many at once: a daemon limits what one client may have in flight. */
const AT_ONCE = 8;
const doing: Readonly<Record<Verb, string>> = {
  start: 'starting',
  stop: 'stopping',
  restart: 'restarting',
  kill: 'killing',
  delete: 'deleting',
};
/** Undoing these would not give back what was there: Ctrl-C leaves them to the daemon. */
const final: ReadonlySet<Verb> = new Set(['stop', 'kill', 'delete']);

/** What became of one VM. */
type Outcome =
  | { readonly vm: string; readonly operation: Operation; readonly status: number }
  | { readonly vm: string; readonly failure: unknown; readonly error: WireError; readonly status: number };

/** `banger vm start|stop|restart|kill|delete`: the same for one VM and for many. */
export function vmChange(verb: Verb): Handler {
  return async (context, invocation) => {
    const options = changeOptions(verb, invocation);
    const references = [...new Set(invocation.operands)];
    using interrupts = new Interrupts(context.io);
    using link = await DaemonLink.open(context);
    const display = oncePerNote(createDisplay(context));
    const several = references.length > 1;
    const change = async (vm: string): Promise<Outcome> => {
      try {
        const { operation, interruptedBy } = await follow(link, {
          begin: (callOptions) =>
            withSuggestion(link, vm, () => link.call(`vm.${verb}`, { vm, ...options() }, callOptions)),
          display,
          label: several ? vm : '',
          interrupts,
          cancellable: !final.has(verb),
          doing: `${doing[verb]} ${vm}`,
        });
        return { vm, operation, status: interruptedBy === undefined ? 0 : statusOfSignal(interruptedBy) };
      } catch (failure) {
        return { vm, failure, error: toWireError(failure), status: statusOf(failure) };
      }
    };
    const outcomes = await inParallel(references, change);
    display.end(several || outcomes.some(({ status }) => status !== 0));
    report(context, outcomes);
    return overallStatus(outcomes.map(({ status }) => status));
  };
}

function changeOptions(verb: Verb, invocation: Invocation): () => { idempotencyKey: string; graceMs?: number } {
  const grace = verb === 'stop' || verb === 'restart' ? invocation.value('grace') : undefined;
  const common = grace === undefined ? {} : { graceMs: parseDuration('--grace', grace) };
  return () => ({ ...common, idempotencyKey: randomUUID() });
}

/** Results in the order of the operands. */
async function inParallel(references: readonly string[], change: (vm: string) => Promise<Outcome>): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  const queue = references.entries();
  const worker = async (): Promise<void> => {
    for (const [index, reference] of queue) outcomes[index] = await change(reference);
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, references.length) }, worker));
  return outcomes;
}

/** Ctrl-C reaches all that are followed at once, but is remarked upon once. */
function oncePerNote(display: Display): Display {
  const seen = new Set<string>();
  return {
    update: (label, operation) => display.update(label, operation),
    note: (text) => {
      if (!seen.has(text)) display.note(text);
      seen.add(text);
    },
    end: (keep) => display.end(keep),
  };
}

function report(context: Context, outcomes: readonly Outcome[]): void {
  if (context.settings.json) {
    const results = outcomes.map((outcome) =>
      'failure' in outcome
        ? { vm: outcome.vm, error: outcome.error }
        : { vm: outcome.vm, operation: outcome.operation },
    );
    return printJson(context, { results });
  }
  for (const outcome of outcomes) {
    if ('failure' in outcome) reportError(context.io, outcome.failure, context.settings);
    else if (!context.settings.quiet) print(context, outcome.vm);
  }
}
