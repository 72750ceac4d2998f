import { access, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { ProcessIdentity } from '@banger/system';
import { microvmArguments } from './arguments.ts';
import { QemuError } from './errors.ts';
import { explainLaunchFailure } from './failure.ts';
import type { HostProcesses, QemuHost } from './host.ts';
import { nextVmmLog, tailOf } from './log-files.ts';
import type { Microvm } from './microvm.ts';
import { type MicrovmSpec, microvmFiles } from './spec.ts';
import { removeControlFiles, WatchedMicrovm } from './watch.ts';

export interface StartOptions {
  /** Ends the start, and nothing of it is left; has no effect on a machine that was started. */
  readonly signal?: AbortSignal | undefined;
  /** How long QEMU may take until it answers, in milliseconds; 30000 unless told. */
  readonly timeoutMs?: number | undefined;
}

/**
 * Starts QEMU in a session of its own and waits until it answers on its control socket; the guest runs by then
 * (unless `paused`). On failure or abort its process, socket, pid file and logs are gone again.
 * @throws QemuError with what QEMU said; the signal's reason when aborted.
 */
export async function startMicrovm(host: QemuHost, spec: MicrovmSpec, options: StartOptions = {}): Promise<Microvm> {
  const { signal, timeoutMs = 30_000 } = options;
  const argv = microvmArguments(spec);
  signal?.throwIfAborted();
  await checkTap(host, spec);
  await clearRemains(spec.directory);
  const logPath = await nextVmmLog(spec.directory);
  const outlive = { cwd: spec.directory, logPath, privileged: spec.privileged ?? false };
  const identity = await host.spawner.spawnOutliving(argv, outlive).catch((error: unknown) => {
    throw spawnError(argv[0], error);
  });
  const microvm = new WatchedMicrovm({ processes: host.processes, directory: spec.directory, identity });
  try {
    await firstConnection(microvm, host.processes, { signal, timeoutMs });
    return microvm.watch();
  } catch (error) {
    microvm.release();
    await end(host.processes, identity);
    const log = await tailOf(logPath);
    await clearRemains(spec.directory);
    await rm(logPath, { force: true });
    throw error instanceof QemuError ? startError(error, log) : error;
  }
}

interface Deadline {
  readonly signal: AbortSignal | undefined;
  readonly timeoutMs: number;
}

/** QEMU opens its socket early and answers once all devices are there, so a broken connection means a failed start. */
async function firstConnection(
  microvm: WatchedMicrovm,
  processes: HostProcesses,
  { signal, timeoutMs }: Deadline,
): Promise<void> {
  const startedMs = performance.now();
  for (let pauseMs = 2; ; pauseMs = Math.min(pauseMs * 2, 20)) {
    const leftMs = timeoutMs - (performance.now() - startedMs);
    if (leftMs <= 0) throw new QemuError('qmp_timeout', `QEMU did not answer within ${timeoutMs} ms`);
    // Asked before the attempt: a process that ends during it is tried once more.
    const alive = processes.sameProcess(microvm.identity);
    try {
      await microvm.connect({ signal, timeoutMs: leftMs });
      return;
    } catch (error) {
      if (!(error instanceof QemuError) || error.code !== 'qmp_closed' || !alive) throw error;
    }
    await delay(pauseMs, undefined, signal === undefined ? {} : { signal }).catch((error: unknown) => {
      signal?.throwIfAborted();
      throw error;
    });
  }
}

/** QEMU would make a missing TAP device by itself, one without bridge and address. */
async function checkTap({ hasTap = isTap }: QemuHost, { network }: MicrovmSpec): Promise<void> {
  if (network === undefined || (await hasTap(network.tap))) return;
  throw new QemuError('tap_unusable', `there is no TAP device ${network.tap}`);
}

async function isTap(name: string): Promise<boolean> {
  return await access(`/sys/class/net/${name}/tun_flags`).then(
    () => true,
    () => false,
  );
}

/** What a machine that died with the host left behind. */
async function clearRemains(directory: string): Promise<void> {
  await removeControlFiles(directory);
  await rm(join(directory, microvmFiles.consoleLog), { force: true });
}

async function end(processes: HostProcesses, identity: ProcessIdentity): Promise<void> {
  processes.signalProcess(identity, 'SIGKILL');
  await processes.waitForExit(identity);
}

function spawnError(program: string, error: unknown): unknown {
  const notFound = error instanceof Error && 'notFound' in error && error.notFound === true;
  return notFound ? new QemuError('qemu_missing', `${program} is not installed`, { cause: error }) : error;
}

function startError(error: QemuError, log: string): QemuError {
  if (error.code !== 'qmp_closed') return new QemuError(error.code, error.message, { log, cause: error });
  const { code, reason } = explainLaunchFailure(log);
  return new QemuError(code, `QEMU did not start: ${reason}`, { log, cause: error });
}
