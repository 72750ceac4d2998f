/** A range of IPv4 addresses; `network` has all host bits zero. */
export interface Cidr {
  readonly network: number;
  readonly prefixLength: number;
}

/** The address as a number from 0 to 2^32 - 1, or undefined when `text` is no dotted quad. */
export function parseAddress(text: string): number | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text);
  if (match === null) return undefined;
  const bytes = match.slice(1).map(Number);
  // A leading zero means octal to some programs: refuse it rather than guess.
  if (bytes.some((byte) => byte > 255) || /(^|\.)0\d/.test(text)) return undefined;
  return bytes.reduce((address, byte) => address * 256 + byte, 0);
}

/** The dotted quad of an address. */
export function formatAddress(address: number): string {
  return [24, 16, 8, 0].map((shift) => (address >>> shift) & 0xff).join('.');
}

/** Reads `10.0.0.0/8`, or a single address as /32; host bits are cut off. undefined when it is neither. */
export function parseCidr(text: string): Cidr | undefined {
  const [addressText = '', lengthText = '32', ...rest] = text.split('/');
  const address = parseAddress(addressText);
  if (address === undefined || rest.length > 0 || !/^\d{1,2}$/.test(lengthText)) return undefined;
  const prefixLength = Number(lengthText);
  return prefixLength > 32 ? undefined : { network: (address & mask(prefixLength)) >>> 0, prefixLength };
}

export function formatCidr({ network, prefixLength }: Cidr): string {
  return `${formatAddress(network)}/${prefixLength}`;
}

/** Whether all of `inner` lies in `outer`. */
export function contains(outer: Cidr, inner: Cidr): boolean {
  return outer.prefixLength <= inner.prefixLength && (inner.network & mask(outer.prefixLength)) >>> 0 === outer.network;
}

/** Ranges either nest or have nothing in common. */
export function overlaps(a: Cidr, b: Cidr): boolean {
  return contains(a, b) || contains(b, a);
}

/** The broadcast address: all host bits one. */
export function lastAddress({ network, prefixLength }: Cidr): number {
  return (network | ~mask(prefixLength)) >>> 0;
}

/** All addresses between the first host and the broadcast address, both left out. */
export function* guestAddresses(cidr: Cidr): Generator<string> {
  for (let address = cidr.network + 2; address < lastAddress(cidr); address += 1) yield formatAddress(address);
}

function mask(prefixLength: number): number {
  // A shift by 32 is a shift by 0 in JavaScript.
  return prefixLength === 0 ? 0 : -1 << (32 - prefixLength);
}
