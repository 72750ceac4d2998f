import { createHash } from 'node:crypto';

/** Longest name of a network interface in bytes: IFNAMSIZ less the closing zero (linux/if.h). */
export const LINK_NAME_MAX_BYTES = 15;
/** Longest interface alias in bytes: IFALIASZ less the closing zero (linux/if.h). */
export const LINK_ALIAS_MAX_BYTES = 255;

/**
 * The TAP name of a VM: `bt`, 4 characters of the instance id, 9 of the VM id; 15 bytes.
 * Short forms may collide: the alias, which has the full ids, tells.
 */
export function tapName(instanceId: string, vmId: string): string {
  return linkName(`bt${instanceId.slice(0, 4)}${vmId.slice(0, 9)}`);
}

/** A MAC address that follows from `id` alone: unicast and locally administered (IEEE 802, second bit of the first byte). */
export function deriveMac(id: string): string {
  const bytes = createHash('sha256').update(id).digest().subarray(0, 6);
  bytes[0] = ((bytes[0] ?? 0) & 0xfc) | 0x02;
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(':');
}

/**
 * Checks a name for use in an `ip` command line.
 * @throws RangeError when the kernel or `ip -batch` would not take it.
 */
export function linkName(name: string): string {
  // No leading dash (an option), no blanks or quotes (ip -batch splits there), no '.' and '..' (sysfs).
  if (!/^[A-Za-z0-9_][A-Za-z0-9_.-]*$/.test(name))
    throw new RangeError(`not an interface name: ${JSON.stringify(name)}`);
  if (name.length > LINK_NAME_MAX_BYTES) {
    throw new RangeError(`interface name ${name} has ${name.length} bytes; Linux allows ${LINK_NAME_MAX_BYTES}`);
  }
  return name;
}

/**
 * Checks an alias for use in an `ip` command line.
 * @throws RangeError when it is empty, too long or has characters that `ip -batch` would split.
 */
export function linkAlias(alias: string): string {
  if (!/^[A-Za-z0-9][A-Za-z0-9_.:-]*$/.test(alias) || alias.length > LINK_ALIAS_MAX_BYTES) {
    throw new RangeError(`not an interface alias: ${JSON.stringify(alias)}`);
  }
  return alias;
}

/**
 * Checks an MTU in bytes; 68 is the least for IPv4 (RFC 791).
 * @throws RangeError
 */
export function linkMtu(mtu: number): number {
  if (!Number.isInteger(mtu) || mtu < 68 || mtu > 65_535) throw new RangeError(`not an MTU: ${mtu}`);
  return mtu;
}
