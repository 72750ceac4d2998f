import type { Result } from '@banger/api-types';
import type { Paths } from './paths.ts';
import type { Store } from './store/types.ts';
import { version } from './version.ts';

export interface StatusSources {
  /** When the daemon was put together, by `performance.now()`. */
  readonly startedMs: number;
  readonly paths: Pick<Paths, 'socket' | 'stateDir'>;
  readonly store: Store;
  readonly gate: { readonly state: 'recovering' | 'ready' };
  readonly machines: { readonly size: number };
  readonly operations: { readonly runningCount: number };
  readonly vmm: { readonly kind: string; readonly accelerator: string };
  readonly disk: { readonly kind: string };
}

/** How the daemon is doing, for `daemon.status`. */
export function statusOf({
  startedMs,
  paths,
  store,
  gate,
  machines,
  operations,
  vmm,
  disk,
}: StatusSources): Result<'daemon.status'> {
  return {
    version,
    instance: store.instanceId,
    pid: process.pid,
    uptimeMs: Math.round(performance.now() - startedMs),
    state: gate.state,
    socket: paths.socket,
    stateDir: paths.stateDir,
    vms: { total: store.vms.list().length, running: machines.size },
    operations: operations.runningCount,
    memoryBytes: process.memoryUsage.rss(),
    vmm: vmm.kind,
    accelerator: vmm.accelerator,
    disk: disk.kind,
  };
}
