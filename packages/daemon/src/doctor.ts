import { connect } from 'node:net';
import type { Result } from '@banger/api-types';
import { type Config, type DaemonOptions, resolveConfig } from './config.ts';
import { runDoctor } from './doctor/run-doctor.ts';
import type { DaemonState, ImageState } from './doctor/types.ts';
import { type Environment, type Host, makeHost } from './host.ts';
import { embeddedCatalog, findEntry } from './images/catalog.ts';
import { createLocks } from './locks/create-locks.ts';
import { createLogger } from './logger.ts';
import type { HostNetwork } from './network/types.ts';
import { makePaths, type Paths } from './paths.ts';
import { instanceIdOf } from './store/open.ts';

type Report = Result<'doctor'>;

export interface Diagnosis {
  readonly config: Config;
  readonly paths: Paths;
  readonly host: Host;
  /** The running daemon's; a fresh look otherwise. */
  readonly network?: HostNetwork;
  readonly daemon: DaemonState;
  readonly image: ImageState['state'];
}

/** Checks a host as a daemon or a person sees it. */
export async function diagnose(
  { config, paths, host, network, daemon, image }: Diagnosis,
  signal: AbortSignal,
): Promise<Report> {
  const report = await runDoctor(
    {
      config,
      paths,
      runner: host.runner,
      searchPath: host.searchPath,
      probes: {
        async chooseVmm(until) {
          const { chosen, reason, faster } = await host.chooseVmm(until);
          return { chosen: `${chosen.kind} with ${chosen.accelerator}`, reason, faster };
        },
        async chooseDisk(until) {
          const vmm = await host.chooseVmm(until);
          const { chosen, reason, faster } = await host.chooseDisks(vmm.chosen, until);
          return { chosen: chosen.kind, reason, faster };
        },
        checkNetwork: async (until) => (network ?? (await host.openNetwork())).check(until),
        daemon: () => Promise.resolve(daemon),
        defaultImage: () =>
          Promise.resolve(
            image === 'unknown'
              ? { state: image, available: embeddedCatalog.map(({ name }) => name) }
              : { state: image },
          ),
      },
    },
    signal,
  );
  return { ok: report.ok, findings: [...report.findings] };
}

/**
 * Checks this host without a daemon. Changes nothing, and reports instead of throwing.
 * @throws BangerError config_invalid
 */
export function doctor(
  options: DaemonOptions = {},
  signal: AbortSignal = AbortSignal.timeout(60_000),
): Promise<Report> {
  return doctorWith(resolveConfig(options), {}, signal);
}

/** As `doctor`, with a configuration that is complete and checked already. */
export async function doctorWith(config: Config, environment: Environment, signal: AbortSignal): Promise<Report> {
  const paths = makePaths(config);
  const instanceId = instanceIdOf(paths.stateDir);
  const logger = createLogger({ level: 'silent' });
  const host = makeHost({ config, paths, instanceId, locks: createLocks(), logger, environment });
  const daemon = await findDaemon(paths.socket);
  return diagnose({ config, paths, host, daemon, image: catalogState(config.defaults.image) }, signal);
}

/** Whether an image that is not local can be had: then it is pulled on its first use, and that is fine. */
export function catalogState(ref: string): 'catalog' | 'unknown' {
  return findEntry(embeddedCatalog, ref) ? 'catalog' : 'unknown';
}

/** A running daemon answers for itself; this only tells whether one is there. */
function findDaemon(socketPath: string): Promise<DaemonState> {
  return new Promise((resolve) => {
    const socket = connect(socketPath);
    socket.once('connect', () => {
      socket.destroy();
      resolve({ state: 'unreachable', reason: 'it listens, but this check was made without it' });
    });
    socket.once('error', ({ code }: NodeJS.ErrnoException) => {
      const absent = code === 'ENOENT' || code === 'ECONNREFUSED';
      resolve(absent ? { state: 'absent' } : { state: 'unreachable', reason: String(code) });
    });
  });
}
