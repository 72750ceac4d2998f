import type { ProcessIdentity, Spawner } from '@banger/system';

/** Looking at and signalling processes. The module `@banger/system` itself fits. */
export interface HostProcesses {
  /** Whether this very process still lives (a zombie does not). */
  sameProcess(identity: ProcessIdentity): boolean;
  /** False when the process is gone. */
  signalProcess(identity: ProcessIdentity, signal: NodeJS.Signals): boolean;
  /** Rejects at the deadline (milliseconds), or with the signal's reason. */
  waitForExit(
    identity: ProcessIdentity,
    options?: { readonly signal?: AbortSignal; readonly deadlineMs?: number },
  ): Promise<void>;
  /** Processes one of whose arguments is exactly this text. */
  findByArgument(argument: string): Promise<readonly ProcessIdentity[]>;
}

/** What this package needs of the host; injected, so that tests can replace it. */
export interface QemuHost {
  readonly spawner: Spawner;
  readonly processes: HostProcesses;
  /** Whether there is a TAP device of this name; looked up in /sys/class/net unless told. */
  readonly hasTap?: (name: string) => Promise<boolean>;
}
