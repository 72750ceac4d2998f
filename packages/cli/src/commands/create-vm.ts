import { randomUUID } from 'node:crypto';
import type { Params, Result, WireError } from '@banger/api-types/client';
import type { Invocation } from '../arguments/invocation.ts';
import { parseCount, parseMebibytes, parseSize } from '../arguments/values.ts';
import { CliError, hasCode } from '../cli-error.ts';
import type { Context } from '../context.ts';
import type { DaemonLink } from '../daemon/link.ts';
import type { Interrupts } from '../interrupts.ts';
import { createDisplay } from '../operations/display.ts';
import type { Followed } from '../operations/follow.ts';
import { follow } from '../operations/follow.ts';

/** Reads what a VM shall be from the command line. */
export function readCreateParams(invocation: Invocation): Params<'vm.create'> {
  const value = <T>(option: string, parse: (option: string, text: string) => T): T | undefined => {
    const text = invocation.value(option);
    return text === undefined ? undefined : parse(`--${option}`, text);
  };
  return {
    image: invocation.operand,
    // One per VM that is asked for: when the answer is lost the call is repeated and gives the same VM.
    idempotencyKey: randomUUID(),
    ...onlyDefined({
      name: invocation.value('name'),
      vcpus: value('vcpus', parseCount),
      memoryMib: value('memory', parseMebibytes),
      diskBytes: value('disk', parseSize),
      workDiskBytes: value('work-disk', parseSize),
    }),
  };
}

function onlyDefined<T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Partial<
    Record<keyof T, never>
  >;
}

const optionOfField: Readonly<Record<string, string>> = {
  image: 'IMAGE',
  name: '--name',
  vcpus: '--vcpus',
  memoryMib: '--memory (in MiB)',
  diskBytes: '--disk (in bytes)',
  workDiskBytes: '--work-disk (in bytes)',
};

/** The daemon speaks of the wire's fields; people wrote options. */
function inOptionNames(error: unknown): never {
  const fields: unknown = hasCode(error, 'invalid_params') ? (error as WireError).details?.['fields'] : undefined;
  if (!Array.isArray(fields) || fields.length === 0) throw error;
  const problems = (fields as { field: string; problem: string }[]).map(
    ({ field, problem }) => `${optionOfField[field] ?? field}: ${problem}`,
  );
  throw new CliError('invalid_params', problems.join('; '), { details: { fields }, cause: error });
}

export interface CreatedVm extends Followed {
  readonly vm: Result<'vm.show'>;
}

/**
 * Creates and starts a VM and shows how it gets on.
 * @param keepDisplay whether the stages stay on a terminal
 * @throws CliError or RpcError; after a cancel everything is undone
 */
export async function createVm(
  context: Context,
  link: DaemonLink,
  interrupts: Interrupts,
  params: Params<'vm.create'>,
  keepDisplay: boolean,
): Promise<CreatedVm> {
  const display = createDisplay(context);
  let keep = true;
  try {
    const followed = await follow(link, {
      begin: (callOptions) => link.call('vm.create', params, callOptions).catch(inOptionNames),
      display,
      label: '',
      interrupts,
      cancellable: true,
      doing: 'creating the VM',
    });
    keep = keepDisplay;
    const { subject } = followed.operation;
    if (subject === null) throw new CliError('internal', 'the daemon did not say which VM it created');
    return { ...followed, vm: await link.call('vm.show', { vm: subject }) };
  } finally {
    display.end(keep);
  }
}
