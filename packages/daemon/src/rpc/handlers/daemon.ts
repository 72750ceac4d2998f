import type { Result } from '@banger/api-types';
import type { Handlers } from '../types.ts';

/** What the daemon's own methods need. */
export interface DaemonService {
  status(): Result<'daemon.status'>;
  /** Begins to close; the answer still reaches the client. */
  requestStop(): void;
  doctor(signal: AbortSignal): Promise<Result<'doctor'>>;
}

export function daemonHandlers(daemon: DaemonService): Pick<Handlers, 'daemon.status' | 'daemon.stop' | 'doctor'> {
  return {
    'daemon.status': () => daemon.status(),
    'daemon.stop': () => {
      daemon.requestStop();
      return { pid: process.pid };
    },
    doctor: (_params, { signal }) => daemon.doctor(signal),
  };
}
