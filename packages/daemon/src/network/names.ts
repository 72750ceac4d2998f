/** The names and owner tags of one daemon instance on the host. */
export interface InstanceNames {
  /** Alias of the bridge and both ends of its veth pair. */
  readonly bridgeAlias: string;
  readonly carrier: { readonly member: string; readonly peer: string };
  /** Comment of our rules in chains of others. */
  readonly ruleTag: string;
  tapAlias(vmId: string): string;
  /** Whether the interface alias is one of ours. */
  isOurs(alias: string | undefined): boolean;
}

/** Derives all names from the instance id, 8 hexadecimal digits. */
export function instanceNames(instanceId: string): InstanceNames {
  const prefix = `banger:${instanceId}:`;
  return {
    bridgeAlias: `${prefix}bridge`,
    carrier: { member: `bv${instanceId}a`, peer: `bv${instanceId}b` },
    ruleTag: `banger:${instanceId}`,
    tapAlias: (vmId) => `${prefix}tap:${vmId}`,
    isOurs: (alias) => alias?.startsWith(prefix) === true,
  };
}
