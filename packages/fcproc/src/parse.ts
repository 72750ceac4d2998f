import { IpOutputError } from './errors.ts';
import type { LinkAddress, LinkInfo, RouteInfo } from './links.ts';

type Fields = Readonly<Record<string, unknown>>;

/**
 * Splits the output of `ip -json -batch`: one JSON array per command.
 * @throws IpOutputError
 */
export function parseDocuments(stdout: string): readonly (readonly Fields[])[] {
  return stdout
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => {
      const document = parseJson(line);
      if (!Array.isArray(document)) throw new IpOutputError('ip printed JSON that is not an array');
      // `ip -json link show type x` prints empty objects for what it filtered out.
      return document.filter((entry): entry is Fields => isFields(entry) && Object.keys(entry).length > 0);
    });
}

/**
 * Joins `ip -json -details link show` (kind, alias, master) with `ip -json addr show` (addresses).
 * @throws IpOutputError
 */
export function parseLinks(links: readonly Fields[], addresses: readonly Fields[]): readonly LinkInfo[] {
  const byIndex = new Map(addresses.map((entry) => [number(entry, 'ifindex'), entry]));
  return links.map((link) => {
    const index = number(link, 'ifindex');
    const flags = array(link, 'flags');
    const kind = optionalString(fields(link, 'linkinfo'), 'info_kind');
    return {
      index,
      name: string(link, 'ifname'),
      kind,
      alias: optionalString(link, 'ifalias'),
      mac: optionalString(link, 'address'),
      mtu: number(link, 'mtu'),
      up: flags.includes('UP'),
      carrier: flags.includes('LOWER_UP') && !flags.includes('NO-CARRIER'),
      master: optionalString(link, 'master'),
      peer: kind === 'veth' ? optionalString(link, 'link') : undefined,
      addresses: parseAddresses(byIndex.get(index)),
    };
  });
}

/**
 * Reads `ip -json -details route show table all`.
 * @throws IpOutputError
 */
export function parseRoutes(routes: readonly Fields[]): readonly RouteInfo[] {
  return routes.map((route) => ({
    destination: string(route, 'dst'),
    device: optionalString(route, 'dev'),
    type: optionalString(route, 'type') ?? 'unicast',
  }));
}

function parseAddresses(entry: Fields | undefined): readonly LinkAddress[] {
  // The interface came into being between the two listings.
  if (entry === undefined) return [];
  const addresses: LinkAddress[] = [];
  for (const info of array(entry, 'addr_info')) {
    if (!isFields(info)) throw new IpOutputError('ip printed an address that is not an object');
    const family = info['family'];
    // `ip` prints an empty object for an address of another scope, and knows more families than we do.
    if (family !== 'inet' && family !== 'inet6') continue;
    addresses.push({ family, address: string(info, 'local'), prefixLength: number(info, 'prefixlen') });
  }
  return addresses;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw new IpOutputError('ip printed what is not JSON', { cause: error });
  }
}

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function string(entry: Fields, key: string): string {
  const value = entry[key];
  if (typeof value !== 'string') throw new IpOutputError(`ip printed no text for ${key}`);
  return value;
}

function optionalString(entry: Fields | undefined, key: string): string | undefined {
  return entry?.[key] === undefined ? undefined : string(entry, key);
}

function number(entry: Fields, key: string): number {
  const value = entry[key];
  if (typeof value !== 'number') throw new IpOutputError(`ip printed no number for ${key}`);
  return value;
}

function array(entry: Fields, key: string): readonly unknown[] {
  const value = entry[key];
  if (!Array.isArray(value)) throw new IpOutputError(`ip printed no list for ${key}`);
  return value;
}

function fields(entry: Fields, key: string): Fields | undefined {
  const value = entry[key];
  if (value === undefined) return undefined;
  if (!isFields(value)) throw new IpOutputError(`ip printed no object for ${key}`);
  return value;
}
