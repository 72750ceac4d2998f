import { deriveMac, tapName } from '@banger/fcproc';
import { guestKernelArguments, writeSeed } from '@banger/imagemgr';
import { CleanupStack, systemClock } from '@banger/system';
import { directoryCapability } from './capabilities/directory.ts';
import { disksCapability } from './capabilities/disks.ts';
import { addressOf, guestCapability } from './capabilities/guest.ts';
import { machineCapability } from './capabilities/machine.ts';
import { networkCapability } from './capabilities/network.ts';
import { CapabilityPlan } from './capabilities/plan.ts';
import { seedCapability } from './capabilities/seed.ts';
import type { Config } from './config.ts';
import { catalogState, diagnose } from './doctor.ts';
import { BangerError } from './errors.ts';
import { ensureClientKey } from './guest/client-key.ts';
import { generateHostKey } from './guest/host-key.ts';
import { createSshGuests } from './guest/ssh-guests.ts';
import { type Environment, makeHost } from './host.ts';
import { createDebianBuilder } from './images/debian-builder.ts';
import { openImages } from './images/open.ts';
import { createLocks } from './locks/create-locks.ts';
import { logOperation } from './log-operation.ts';
import type { Logger } from './logger.ts';
import { Operations } from './ops/operations.ts';
import type { Failpoint } from './ops/step-runner.ts';
import type { Paths } from './paths.ts';
import { RecoveryGate } from './recovery/gate.ts';
import { recover } from './recovery/recover.ts';
import { gated } from './rpc/gated.ts';
import { daemonHandlers } from './rpc/handlers/daemon.ts';
import { imageHandlers } from './rpc/handlers/image.ts';
import { operationHandlers } from './rpc/handlers/operation.ts';
import { vmHandlers } from './rpc/handlers/vm.ts';
import { RpcServer } from './rpc/server.ts';
import type { Handlers } from './rpc/types.ts';
import { toWireError } from './rpc/wire-error.ts';
import { RuntimeAssets } from './runtime-assets/runtime-assets.ts';
import { statusOf } from './status.ts';
import type { Store } from './store/types.ts';
import { version } from './version.ts';
import { makeVms } from './vms/make-vms.ts';

/** What an embedding program or a test may put in. */
export interface Hooks {
  /** Instead of one made from the configuration. */
  readonly logger?: Logger;
  /** Called at every named moment of an operation. */
  readonly failpoint?: Failpoint;
  /** The environment of host commands, of which PATH matters; a plain system PATH unless told. */
  readonly environment?: Environment;
}

export interface ComposeOptions {
  readonly config: Config;
  readonly paths: Paths;
  readonly store: Store;
  readonly logger: Logger;
  readonly hooks: Hooks;
  readonly requestStop: () => void;
}

/** A daemon put together, before it listens. */
export interface Composition {
  readonly rpc: RpcServer;
  /** Brings state and host together; changes wait for it. */
  recover(signal: AbortSignal): Promise<void>;
  /**
   * Ends everything in order, whatever fails on the way.
   * @throws BangerError undo_incomplete, saying what is left
   */
  close(): Promise<void>;
}

const RECOVERY_WAIT_MS = 60_000;
const PROBE_TIMEOUT_MS = 30_000;
/** How long calls in flight may take to end when the daemon closes. */
const CALLS_DEADLINE_MS = 10_000;
/** How long each part may take to close. What is not undone by then is undone by the next start. */
const CLOSE_TIMEOUT_MS = 60_000;

/** Wires every room to what it needs. Acquires nothing that close does not release. */
export async function compose(options: ComposeOptions): Promise<Composition> {
  const { config, paths, store, logger, hooks } = options;
  const { instanceId } = store;
  const now = (): Date => systemClock.now();
  const locks = createLocks();
  const signal = AbortSignal.timeout(PROBE_TIMEOUT_MS);
  const host = makeHost({ config, paths, instanceId, locks, logger, environment: hooks.environment });
  const { runner } = host;
  const vmm = await host.chooseVmm(signal);
  const disks = await host.chooseDisks(vmm.chosen, signal);
  const network = await host.openNetwork();
  const tagOf = (vmId: string): string => `banger-${instanceId}-${vmId}`;
  const filesOf = (vmId: string) => paths.vm(vmId);
  const onUnknown = (directory: string, why: string): void => logger.warn({ directory, why }, 'left alone: not known');
  const machineName = (vmId: string) => ({ tag: tagOf(vmId), directory: filesOf(vmId).directory });

  const clientKey = await ensureClientKey(paths.clientKey);
  const guests = createSshGuests({ privateKey: clientKey.privateKey });
  const assets = new RuntimeAssets({ assetsDir: paths.assetsDir, busyboxPath: '/bin/busybox' });
  const images = openImages({
    store,
    paths,
    now,
    onUnknown,
    locks,
    builder: createDebianBuilder({ runner, mirror: config.debian.mirror }),
    initramfs: (modules, until) => assets.initramfs(modules, until),
    operations: () => room.operations,
  });

  const room = makeVms({
    store,
    guests,
    filesOf,
    addressOf,
    now,
    locks: locks.root,
    images,
    addressing: { addresses: () => network.addresses(), macOf: deriveMac, tapOf: (vmId) => tapName(instanceId, vmId) },
    defaults: { ...config.defaults, stopGraceMs: config.limits.stopGraceMs },
    adapters: { vmm: vmm.chosen.kind, accelerator: vmm.chosen.accelerator, diskBackend: disks.chosen.kind },
    capabilities: (machines) =>
      new CapabilityPlan([
        directoryCapability(filesOf),
        disksCapability({ backends: disks.backends, filesOf, tagOf }),
        seedCapability({ network, filesOf, clientPublicKey: clientKey.publicKey, generateHostKey, writeSeed }),
        networkCapability(network),
        machineCapability({
          vmm: vmm.chosen,
          machines,
          backends: disks.backends,
          filesOf,
          tagOf,
          guestKernelArguments: guestKernelArguments(),
        }),
        guestCapability({ guests, machines, filesOf, readyTimeoutMs: config.limits.bootTimeoutMs }),
      ]),
    onReapFailed: (vm, error) => logger.error({ vm, err: error }, 'a VM whose VMM ended could not be cleaned up'),
    operations: ({ stepTypes, operationTypes }) =>
      new Operations({
        store,
        now,
        describeError: (error) => toWireError(error, logger),
        stepTypes: [...stepTypes, ...images.stepTypes],
        operationTypes: [...operationTypes, images.operationType],
        monotonicMs: () => performance.now(),
        historyMs: config.limits.historyMs,
        detach: (work) => locks.runDetached(work),
        onEnded: (view) => logOperation(logger, view),
        onLost: ({ id, kind }, error) =>
          logger.error({ op: id, kind, err: error }, 'the end of an operation could not be recorded'),
        ...(hooks.failpoint && { failpoint: hooks.failpoint }),
      }),
  });
  const { operations, machines, vms } = room;
  const startedMs = performance.now();
  const gate = new RecoveryGate();
  let sawUnknownVms = false;
  const handlers: Handlers = {
    ...vmHandlers(vms),
    ...operationHandlers(operations),
    ...imageHandlers(images.service),
    ...daemonHandlers({
      requestStop: options.requestStop,
      doctor: (until) => {
        const image = images.local.find(config.defaults.image)
          ? ('local' as const)
          : catalogState(config.defaults.image);
        return diagnose({ config, paths, host, network, image, daemon: { state: 'running', pid: process.pid } }, until);
      },
      status: () =>
        statusOf({ startedMs, paths, store, gate, machines, operations, vmm: vmm.chosen, disk: disks.chosen }),
    }),
  };
  const rpc = new RpcServer({
    logger,
    handlers: gated(handlers, isChange, (until) => gate.pass(until, RECOVERY_WAIT_MS)),
    identity: { name: `bangerd ${version}`, instance: instanceId },
    limits: { maxConnections: config.limits.connections, maxCallsInFlight: config.limits.callsPerConnection },
  });

  return {
    rpc,
    async recover(until) {
      const report = await recover(
        {
          store,
          machines,
          vmm: vmm.chosen,
          nameOf: machineName,
          vmsDirectory: paths.vmsDir,
          manifestOf: (vmId) => filesOf(vmId).manifest,
          onUnknown: (directory, why) => {
            sawUnknownVms = true;
            onUnknown(directory, why);
          },
          recoverOperations: () => operations.recover(),
          interruptOperations: () => void operations.close(),
          reap: (vmId, reason) => room.reap(vmId, reason),
        },
        until,
      );
      // Only now: what a pull that was cut off has published is undone.
      const rebuiltImages = await images.adopt();
      if (machines.size > 0) {
        await network.ensure(until).catch((error: unknown) => {
          until.throwIfAborted();
          // VMs that live can be seen and stopped without it; the next start of one says what is wrong.
          logger.error({ err: error }, 'the network of the guests could not be set up again');
        });
      }
      gate.open();
      logger.info({ ...report, rebuiltImages }, 'recovered');
    },
    async close() {
      const parts = new CleanupStack();
      parts.defer('the resolver of the guests', () => network.close());
      parts.defer('the network of the guests', async (until) => {
        // The bridge is the VMs': it goes when none can be alive, and that is known after a recovery only.
        const allStopped = store.vms.list().every(({ state }) => state === 'stopped');
        if (gate.state === 'ready' && allStopped && !sawUnknownVms) await network.remove(until);
      });
      parts.defer('the connections to guests', () => guests.close());
      parts.defer('the watches of VMs', () => machines.release());
      parts.defer('the operations that run', () => operations.close());
      parts.defer('the connections of clients', () => rpc.close({ deadlineMs: CALLS_DEADLINE_MS }));
      await parts.unwind(CLOSE_TIMEOUT_MS).catch((cause: unknown) => {
        throw new BangerError('undo_incomplete', cause instanceof Error ? cause.message : String(cause), {
          remediation: 'What is left is taken over by the next start of the daemon.',
          cause,
        });
      });
    },
  };
}

/** Reads are answered while the daemon recovers, changes and commands wait. */
function isChange(method: string): boolean {
  return /^(vm|image)\./.test(method) && !/\.(list|show)$/.test(method);
}
