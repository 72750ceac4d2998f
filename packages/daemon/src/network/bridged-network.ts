import {
  attachTaps,
  type BridgeSpec,
  createBridge,
  createTap,
  deleteLinks,
  deleteTap,
  findLink,
  type LinkInfo,
  listLinks,
  type TapDeviceSpec,
} from '@banger/fcproc';
import { CommandError } from '@banger/system';
import type { Locks } from '../locks/types.ts';
import { isBridgeIntact, wrongSettings } from './bridge-state.ts';
import { explain, failureOf } from './failures.ts';
import { findConflicts } from './findings.ts';
import { planDockerAccept, planDockerRemoval } from './firewall/docker-user.ts';
import type { GuestSide } from './firewall/probes.ts';
import { formatAddress, guestAddresses } from './ipv4.ts';
import type { InstanceNames } from './names.ts';
import { type HostObservation, type Observer, observeHost } from './observe.ts';
import type { NetworkLog, NetworkPlan } from './options.ts';
import type { Resolver } from './resolver/resolver.ts';
import type { HostNetwork, NetworkFinding, TapSpec } from './types.ts';

export interface BridgedNetworkParts {
  readonly host: Observer;
  readonly plan: NetworkPlan;
  readonly bridge: BridgeSpec;
  readonly names: InstanceNames;
  readonly resolver: Resolver;
  readonly locks: Pick<Locks, 'withLeaf'>;
  readonly log: NetworkLog;
}

/** Only one flow at a time changes bridge and rules; TAPs are independent of each other and need no lock. */
const LOCK = 'network.host';
const WRITE_TIMEOUT_MS = 10_000;

/** One bridge with NAT for all guests of an instance. */
export class BridgedNetwork implements HostNetwork {
  readonly #parts: BridgedNetworkParts;
  /** The host's rules as they were when `ensure` last set them up; undefined until then. */
  #fingerprint: string | undefined;

  constructor(parts: BridgedNetworkParts) {
    this.#parts = parts;
  }

  get gateway(): string {
    return formatAddress(this.#parts.plan.gateway.network);
  }

  get prefixLength(): number {
    return this.#parts.plan.cidr.prefixLength;
  }

  get mtu(): number {
    return this.#parts.bridge.mtu;
  }

  addresses(): Iterable<string> {
    return guestAddresses(this.#parts.plan.cidr);
  }

  async check(signal: AbortSignal): Promise<readonly NetworkFinding[]> {
    return explained(signal, async () => this.#conflicts(await this.#observe(signal)));
  }

  async ensure(signal: AbortSignal): Promise<void> {
    await this.#locked(signal, async () => {
      if (!(await this.#isIntact(signal))) await this.#establish(signal);
      await this.#parts.resolver.start();
    });
  }

  async remove(signal: AbortSignal): Promise<void> {
    const { host, names, resolver } = this.#parts;
    await this.#locked(signal, async () => {
      await resolver.stop();
      this.#fingerprint = undefined;
      await unlessMissing(async () =>
        deleteLinks(host.runner, ownLinks(await listLinks(host.runner, { signal }), names), { signal }),
      );
      await unlessMissing(() => this.#removeRules(signal));
    });
  }

  async createTap(tap: TapSpec, signal: AbortSignal): Promise<void> {
    await explained(signal, () => createTap(this.#parts.host.runner, this.#tapDevice(tap), { signal }));
  }

  async findTap(tap: TapSpec, signal?: AbortSignal): Promise<boolean> {
    const link = await explained(signal, () => findLink(this.#parts.host.runner, tap.name, options(signal)));
    return link?.alias === this.#parts.names.tapAlias(tap.vmId);
  }

  async deleteTap(tap: TapSpec, signal?: AbortSignal): Promise<void> {
    await explained(signal, () => deleteTap(this.#parts.host.runner, this.#tapDevice(tap), options(signal)));
  }

  async close(): Promise<void> {
    await this.#locked(new AbortController().signal, () => this.#parts.resolver.stop());
  }

  /** Whether all is as the last `ensure` left it: a few files and one nft process. */
  async #isIntact(signal: AbortSignal): Promise<boolean> {
    if (this.#fingerprint === undefined) return false;
    const { host, bridge, plan } = this.#parts;
    const [isIntact, rules] = await Promise.all([
      isBridgeIntact(host.files, bridge, plan.cidr),
      host.firewall.list(signal),
    ]);
    return isIntact && rules.fingerprint === this.#fingerprint;
  }

  async #establish(signal: AbortSignal): Promise<void> {
    const { host, bridge, names, log } = this.#parts;
    const observed = await this.#observe(signal);
    const failure = failureOf(this.#conflicts(observed));
    if (failure !== undefined) throw failure;
    const { links } = observed;
    await deleteLinks(host.runner, staleBridges(links, bridge), { signal });
    await createBridge(host.runner, bridge, { signal, links });
    await attachTaps(host.runner, this.#tapsOf(links), { signal, links });
    await this.#applySettings(signal);
    await host.firewall.install(this.#side, signal);
    for (const edit of planDockerAccept(observed.tables, bridge.name, names.ruleTag)) {
      await host.firewall.edit(edit, signal);
    }
    this.#fingerprint = (await host.firewall.list(signal)).fingerprint;
    log.info({ bridge: bridge.name, address: bridge.address, mtu: bridge.mtu }, 'the network of the guests is set up');
  }

  async #applySettings(signal: AbortSignal): Promise<void> {
    const { host, bridge } = this.#parts;
    const [first, ...rest] = await wrongSettings(host.files, bridge.name);
    if (first === undefined) return;
    // All wanted values are 1. tee writes to several files in one process, and can be told to be privileged.
    await host.runner.run(['tee', first, ...rest], {
      privileged: true,
      input: '1\n',
      signal,
      timeoutMs: WRITE_TIMEOUT_MS,
    });
  }

  async #removeRules(signal: AbortSignal): Promise<void> {
    const { host, names } = this.#parts;
    const rules = await host.firewall.list(signal);
    const edits = planDockerRemoval(await host.firewall.foreignTables(rules, signal), names.ruleTag);
    for (const edit of edits) await host.firewall.edit(edit, signal);
    if (host.firewall.hasOwnTable(rules)) await host.firewall.uninstall(signal);
  }

  async #observe(signal: AbortSignal): Promise<HostObservation> {
    const { host, resolver } = this.#parts;
    const observed = await observeHost(host, signal);
    // Our own resolver is no conflict.
    return resolver.port === undefined ? observed : { ...observed, dnsPort: 'free' };
  }

  #conflicts(observed: HostObservation): readonly NetworkFinding[] {
    return findConflicts(observed, this.#side, this.#parts.names);
  }

  get #side(): GuestSide {
    const { bridge, cidr, gateway } = this.#parts.plan;
    return { bridge, cidr, gateway, uplink: undefined };
  }

  #tapDevice({ name, vmId }: TapSpec): TapDeviceSpec {
    const { bridge, names } = this.#parts;
    return { name, alias: names.tapAlias(vmId), bridge: bridge.name, mtu: bridge.mtu, noIpv6: bridge.noIpv6 };
  }

  /** Devices of VMs that live on, also when their bridge was lost. */
  #tapsOf(links: readonly LinkInfo[]): readonly TapDeviceSpec[] {
    const { bridge, names } = this.#parts;
    return links.flatMap(({ name, kind, alias }) =>
      kind === 'tun' && alias !== undefined && names.isOurs(alias)
        ? [{ name, alias, bridge: bridge.name, mtu: bridge.mtu, noIpv6: bridge.noIpv6 }]
        : [],
    );
  }

  async #locked(signal: AbortSignal, section: () => Promise<void>): Promise<void> {
    await explained(signal, () => this.#parts.locks.withLeaf(LOCK, signal, section));
  }
}

const options = (signal: AbortSignal | undefined) => (signal === undefined ? {} : { signal });

async function explained<T>(signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw explain(error, signal);
  }
}

/** Where ip or nft is not installed, there are no devices or rules of ours. */
async function unlessMissing(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof CommandError) || !error.notFound) throw error;
  }
}

const ownLinks = (links: readonly LinkInfo[], names: InstanceNames) =>
  links.flatMap(({ name, alias }) => (alias !== undefined && names.isOurs(alias) ? [{ name, alias }] : []));

/** The bridge of an earlier configuration, which has another name. */
const staleBridges = (links: readonly LinkInfo[], { name: current, alias: ours }: BridgeSpec) =>
  links.flatMap(({ name, kind, alias }) =>
    kind === 'bridge' && alias === ours && name !== current ? [{ name, alias }] : [],
  );
