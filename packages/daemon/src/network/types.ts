/** What the daemon wants from the host's network. */
export interface NetworkConfig {
  /** Bridge name, at most 15 bytes. */
  readonly bridge: string;
  /** Guests' range, for example `172.30.0.0/16`: network address first, gateway is its first host. */
  readonly cidr: string;
  readonly mtu?: number;
  /** Upstream resolvers; the host's own when absent. */
  readonly resolvers?: readonly string[];
}

export interface TapSpec {
  readonly name: string;
  readonly vmId: string;
}

/** The host network of one daemon instance: bridge, TAPs, NAT, resolver on the gateway. */
export interface HostNetwork {
  readonly gateway: string;
  readonly prefixLength: number;
  readonly mtu: number;
  /** Guest addresses in order, without network, gateway and broadcast address. */
  addresses(): Iterable<string>;
  /** Findings that would make `ensure` fail (taken range, foreign bridge, dropped forwarding, missing tools). Changes nothing. */
  check(signal: AbortSignal): Promise<readonly NetworkFinding[]>;
  /**
   * Bridge, address, rules and resolver are there afterwards; cheap when they are already.
   * @throws BangerError network_conflict, prerequisite_missing
   */
  ensure(signal: AbortSignal): Promise<void>;
  /** Removes all of it; the caller knows that no VM lives. Fine when there is nothing. */
  remove(signal: AbortSignal): Promise<void>;
  /** On the bridge and up; fine when it exists already and is ours. */
  createTap(tap: TapSpec, signal: AbortSignal): Promise<void>;
  findTap(tap: TapSpec, signal?: AbortSignal): Promise<boolean>;
  deleteTap(tap: TapSpec, signal?: AbortSignal): Promise<void>;
  /** Stops the resolver; host resources stay for the VMs that live on. */
  close(): Promise<void>;
}

export interface NetworkFinding {
  readonly code: 'network_conflict' | 'prerequisite_missing';
  readonly message: string;
  readonly remediation: string;
}
