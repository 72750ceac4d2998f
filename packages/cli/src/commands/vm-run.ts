import { randomUUID } from 'node:crypto';
import type { Handler } from '../arguments/spec.ts';
import { CliError } from '../cli-error.ts';
import type { Context } from '../context.ts';
import { note } from '../context.ts';
import { DaemonLink } from '../daemon/link.ts';
import type { ExecRequest } from '../exec/exec.ts';
import { execInVm } from '../exec/exec.ts';
import { statusOfSignal } from '../exit-status.ts';
import { Interrupts } from '../interrupts.ts';
import { notesOnly } from '../operations/display.ts';
import { follow } from '../operations/follow.ts';
import { reportError } from '../output/report-error.ts';
import type { CreatedVm } from './create-vm.ts';
import { createVm, readCreateParams } from './create-vm.ts';
import { readGuestCommand } from './guest-command.ts';

/** What `vm run` has at hand once the VM exists. */
interface Run {
  readonly context: Context;
  readonly link: DaemonLink;
  readonly interrupts: Interrupts;
  readonly created: CreatedVm;
  readonly command: Omit<ExecRequest, 'vm'>;
}

/** `banger vm run`: create, run the command, delete or leave the VM. */
export const vmRun: Handler = async (context, invocation) => {
  const command = readGuestCommand(context, invocation);
  const params = readCreateParams(invocation);
  using interrupts = new Interrupts(context.io);
  using link = await DaemonLink.open(context);
  const created = await createVm(context, link, interrupts, params, false);
  const run = { context, link, interrupts, created, command };
  return invocation.flag('rm') ? await runAndDelete(run) : await runAndLeave(run);
};

async function runAndLeave(run: Run): Promise<number> {
  const { name } = run.created.vm;
  try {
    return await runCommand(run);
  } finally {
    note(run.context, `${name} goes on running.`);
    note(run.context, `Get in with: banger vm exec -it ${name}   Delete it with: banger vm delete ${name}`);
  }
}

/** Whatever happens to the command, the VM is deleted; its failure does not hide an earlier one. */
async function runAndDelete(run: Run): Promise<number> {
  let status: number;
  try {
    status = await runCommand(run);
  } catch (error) {
    await deleteVm(run).catch((undoError: unknown) => report(run, undoError));
    throw error;
  }
  try {
    await deleteVm(run);
  } catch (error) {
    if (status === 0) throw error;
    report(run, error);
  }
  return status;
}

async function runCommand({ context, link, interrupts, created, command }: Run): Promise<number> {
  const { vm, interruptedBy } = created;
  if (interruptedBy !== undefined) {
    const status = statusOfSignal(interruptedBy);
    throw new CliError('operation_cancelled', 'Cancelled before the command was run.', { status });
  }
  return await execInVm(context, link, interrupts, { vm: vm.id, ...command });
}

async function deleteVm({ context, link, interrupts, created }: Run): Promise<void> {
  const { id, name } = created.vm;
  const params = { vm: id, idempotencyKey: randomUUID() };
  await follow(link, {
    begin: (callOptions) => link.call('vm.delete', params, callOptions),
    display: notesOnly(context),
    label: '',
    interrupts,
    cancellable: false,
    doing: `deleting ${name}`,
  });
}

function report({ context }: Run, error: unknown): void {
  reportError(context.io, error, context.settings);
}
