import { createRunner, createSpawner, type Runner, systemClock } from '@banger/system';
import type { Config } from './config.ts';
import { type DiskChoice, openDisks } from './disks/open.ts';
import type { Locks } from './locks/types.ts';
import type { Logger } from './logger.ts';
import { openHostNetwork } from './network/open.ts';
import type { HostNetwork, NetworkConfig } from './network/types.ts';
import type { Paths } from './paths.ts';
import type { Vmm } from './vmm/port.ts';
import { selectVmm, type VmmChoice } from './vmm/select.ts';

/** The environment of host commands; of it, PATH matters. */
export type Environment = Readonly<Record<string, string | undefined>>;

const SYSTEM_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

export interface HostOptions {
  readonly config: Config;
  readonly paths: Paths;
  readonly instanceId: string;
  readonly locks: Pick<Locks, 'withLeaf'>;
  readonly logger: Logger;
  readonly environment?: Environment | undefined;
}

/** What this host offers. Looking at it changes nothing. */
export interface Host {
  readonly runner: Runner;
  /** Directories of the PATH. */
  readonly searchPath: readonly string[];
  /** @throws BangerError prerequisite_missing when no VMM can run here */
  chooseVmm(signal: AbortSignal): Promise<VmmChoice>;
  /** @throws BangerError prerequisite_missing when the configured backend cannot work here */
  chooseDisks(vmm: Pick<Vmm, 'diskFormats'>, signal: AbortSignal): Promise<DiskChoice>;
  openNetwork(): Promise<HostNetwork>;
}

export function makeHost({ config, paths, instanceId, locks, logger, environment = {} }: HostOptions): Host {
  const env = { ...environment, PATH: environment['PATH'] || SYSTEM_PATH };
  const runner = createRunner({ env });
  const spawner = createSpawner({ env });
  return {
    runner,
    searchPath: env.PATH.split(':').filter(Boolean),
    chooseVmm: (signal) => selectVmm({ config, runner, spawner, signal }),
    chooseDisks: ({ diskFormats: formats }, signal) =>
      openDisks({ config, runner, stateDir: paths.stateDir, formats, signal }),
    openNetwork: () =>
      openHostNetwork({ config: networkConfig(config), instanceId, runner, clock: systemClock, locks, log: logger }),
  };
}

function networkConfig({ network }: Config): NetworkConfig {
  const { bridge, cidr, mtu, resolvers } = network;
  return { bridge, cidr, ...(mtu !== undefined && { mtu }), ...(resolvers && { resolvers }) };
}
