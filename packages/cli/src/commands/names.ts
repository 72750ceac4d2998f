import type { MethodName, Params, Result, WireError } from '@banger/api-types/client';
import { didYouMean } from '../arguments/suggest.ts';
import { CliError, hasCode } from '../cli-error.ts';

/** What suggestions need of a connection. */
export interface Caller {
  call<M extends MethodName>(method: M, params: Params<M>): Promise<Result<M>>;
}

/**
 * Runs a task that names a VM; when there is none of that name the error says which one was most likely meant. For
 * images the daemon says it.
 * @param reference as the user wrote it
 */
export async function withSuggestion<T>(caller: Caller, reference: string, task: () => Promise<T>): Promise<T> {
  try {
    return await task();
  } catch (error) {
    const hint = hasCode(error, 'vm_not_found') ? await suggest(caller, reference) : undefined;
    if (hint === undefined) throw error;
    const { code, message, remediation, details } = error as WireError;
    const known = remediation === undefined ? hint : `${hint} ${remediation}`;
    throw new CliError(code, message, { remediation: known, details, cause: error });
  }
}

async function suggest(caller: Caller, reference: string): Promise<string | undefined> {
  try {
    const { vms } = await caller.call('vm.list', {});
    if (vms.length === 0) return 'There is no VM.';
    return didYouMean(
      reference,
      vms.map(({ name }) => name),
    );
  } catch {
    // The error that is at hand matters more than one about its hint.
    return undefined;
  }
}
