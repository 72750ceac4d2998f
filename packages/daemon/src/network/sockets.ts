import type { HostFiles } from './files.ts';
import { parseAddress } from './ipv4.ts';

const DNS_PORT = '0035';
/** Socket states of net/tcp_states.h: a listener, and the only state of an unconnected UDP socket. */
const LISTENING: Readonly<Record<string, string>> = { '/proc/net/tcp': '0A', '/proc/net/udp': '07' };

/** Who has port 53: nobody, a socket on all addresses, or one on the gateway's address. */
export type DnsPort = 'free' | 'allAddresses' | 'gateway';

/** Looks for listeners that would keep us from binding port 53 of `gateway`. */
export async function findDnsPort(files: HostFiles, gateway: string): Promise<DnsPort> {
  const listeners = await Promise.all(
    Object.entries(LISTENING).map(async ([path, state]) => listening((await files.read(path)) ?? '', state)),
  );
  const addresses = listeners.flat();
  if (addresses.includes(`00000000:${DNS_PORT}`)) return 'allAddresses';
  return addresses.includes(`${hexOfAddress(gateway)}:${DNS_PORT}`) ? 'gateway' : 'free';
}

function listening(table: string, state: string): readonly string[] {
  return table.split('\n').flatMap((line) => {
    const [, local, , current] = line.trim().split(/\s+/);
    return local !== undefined && current === state ? [local] : [];
  });
}

/** As /proc/net has it: the four bytes in the order of a little-endian machine. */
export function hexOfAddress(address: string): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(parseAddress(address) ?? 0);
  return bytes.toString('hex').toUpperCase();
}
