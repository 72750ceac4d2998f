import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ProcessIdentity } from '@banger/system';
import type { HostProcesses } from './host.ts';
import type { Microvm } from './microvm.ts';
import { type MicrovmPlace, microvmFiles } from './spec.ts';
import { WatchedMicrovm } from './watch.ts';

/** Finds the live QEMU of a tag without a record of it. */
export async function findMicrovm(processes: HostProcesses, place: MicrovmPlace): Promise<ProcessIdentity | undefined> {
  const candidates: ProcessIdentity[] = [];
  for (const identity of await processes.findByArgument(place.tag)) {
    if (await isNamed(identity.pid, place.tag)) candidates.push(identity);
  }
  if (candidates.length < 2) return candidates[0];
  const pid = await recordedPid(place.directory);
  return candidates.find((identity) => identity.pid === pid) ?? candidates[0];
}

/**
 * Watches a QEMU that someone else started (an earlier process of ours); undefined when it is gone. One that lives but
 * does not answer is watched all the same: its end is noticed, commands fail with `qmp_closed` until it answers.
 * @throws the signal's reason when aborted.
 */
export async function adoptMicrovm(
  processes: HostProcesses,
  place: MicrovmPlace,
  identity: ProcessIdentity,
  options: { readonly signal?: AbortSignal | undefined; readonly timeoutMs?: number | undefined } = {},
): Promise<Microvm | undefined> {
  const { signal, timeoutMs = 2000 } = options;
  signal?.throwIfAborted();
  if (!processes.sameProcess(identity)) return undefined;
  const microvm = new WatchedMicrovm({ processes, directory: place.directory, identity });
  await microvm.connect({ signal, timeoutMs }).catch(() => {
    signal?.throwIfAborted();
  });
  if (!processes.sameProcess(identity)) return undefined;
  return microvm.watch();
}

/** Another program may have the tag among its arguments, `pgrep` for one. */
async function isNamed(pid: number, tag: string): Promise<boolean> {
  const cmdline = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  const argv = cmdline.split('\0');
  return argv.some((argument, index) => argument === '-name' && argv[index + 1] === tag);
}

async function recordedPid(directory: string): Promise<number | undefined> {
  const text = await readFile(join(directory, microvmFiles.pidFile), 'utf8').catch(() => '');
  const pid = Number(text.trim());
  return Number.isSafeInteger(pid) && pid > 0 ? pid : undefined;
}
