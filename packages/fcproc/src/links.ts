/** One address of an interface. */
export interface LinkAddress {
  readonly family: 'inet' | 'inet6';
  readonly address: string;
  readonly prefixLength: number;
}

/** One network interface, as `ip` shows it. */
export interface LinkInfo {
  readonly index: number;
  readonly name: string;
  /** `bridge`, `tun`, `veth`, ...; undefined for real devices and loopback. */
  readonly kind: string | undefined;
  readonly alias: string | undefined;
  readonly mac: string | undefined;
  readonly mtu: number;
  /** Set up by the administrator. */
  readonly up: boolean;
  readonly carrier: boolean;
  /** The bridge (or bond) that it is a member of. */
  readonly master: string | undefined;
  /** The other end of a veth pair, while it is in this network namespace. */
  readonly peer: string | undefined;
  readonly addresses: readonly LinkAddress[];
}

/** One route of any table. */
export interface RouteInfo {
  /** `10.0.0.0/8`, `192.0.2.1` (a single host) or `default`. */
  readonly destination: string;
  /** undefined for routes without a device, such as blackholes. */
  readonly device: string | undefined;
  /** `unicast`, `local`, `broadcast`, `blackhole`, ... */
  readonly type: string;
}

/** What `listNetwork` finds. */
export interface NetworkState {
  readonly links: readonly LinkInfo[];
  readonly routes: readonly RouteInfo[];
}
