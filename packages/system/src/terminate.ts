import type { Readable } from 'node:stream';
import { execa } from 'execa';

interface Child {
  readonly pid?: number | undefined;
  readonly stdout: Readable | null;
  readonly stderr: Readable | null;
  kill(signal: NodeJS.Signals): boolean;
}

export interface TerminateOptions {
  /** What the command was started with to become root; needed again to signal it. */
  readonly prefix: readonly string[];
  readonly graceMs: number;
  readonly signal?: AbortSignal;
  readonly timeoutMs?: number;
}

/** Ends a command on abort or deadline; the first reason wins. */
export interface Terminator {
  readonly reason: 'cancelled' | 'timedOut' | undefined;
  readonly cause: unknown;
  stop(): void;
}

/** After SIGKILL of the group, a descendant that left it may still hold our pipes: they are let go after this time. */
const PIPE_GRACE_MS = 500;

export function terminator(child: Child, options: TerminateOptions): Terminator {
  const timers = new Set<NodeJS.Timeout>();
  const later = (ms: number, act: () => void) => timers.add(setTimeout(act, ms));
  const state: { reason: Terminator['reason']; cause: unknown } = { reason: undefined, cause: undefined };

  const end = (reason: 'cancelled' | 'timedOut', cause: unknown) => {
    if (state.reason !== undefined) return;
    state.reason = reason;
    state.cause = cause;
    signalGroup(child, 'SIGTERM', options.prefix);
    later(options.graceMs, () => {
      signalGroup(child, 'SIGKILL', options.prefix);
      later(PIPE_GRACE_MS, () => {
        child.stdout?.destroy();
        child.stderr?.destroy();
      });
    });
  };
  const onAbort = () => end('cancelled', options.signal?.reason);
  options.signal?.addEventListener('abort', onAbort, { once: true });
  if (options.timeoutMs !== undefined) later(options.timeoutMs, () => end('timedOut', undefined));

  return {
    get reason() {
      return state.reason;
    },
    get cause() {
      return state.cause;
    },
    stop() {
      options.signal?.removeEventListener('abort', onAbort);
      for (const timer of timers) clearTimeout(timer);
    },
  };
}

function signalGroup(child: Child, signal: 'SIGTERM' | 'SIGKILL', prefix: readonly string[]): void {
  if (child.pid === undefined) return;
  if (prefix.length === 0) {
    child.kill(signal);
    return;
  }
  // Only root may signal what root runs. A failure means that the group is gone already.
  const [file, ...args] = [...prefix, 'kill', '-s', signal.slice(3), '--', `-${child.pid}`];
  void execa(file, args, { reject: false, stdio: 'ignore' });
}
