import type { HostFiles } from './files.ts';
import { parseAddress } from './ipv4.ts';

const DNS_PORT = '0035';
/** Socket states of net/tcp_states.h: a listener, and the only state of an unconnected UDP socket. */
const LISTENING: Readonly<Record<string, string>> = { '/proc/net/tcp': '0A', '/proc/net/udp': '07' };

/** Whether a socket holds port 53 of `address` or of all addresses. */
export async function isDnsPortTaken(files: HostFiles, address: string): Promise<boolean> {
  const wanted = new Set([`00000000:${DNS_PORT}`, `${hexOfAddress(address)}:${DNS_PORT}`]);
  const tables = await Promise.all(
    Object.entries(LISTENING).map(async ([path, state]) => ({ text: (await files.read(path)) ?? '', state })),
  );
  return tables.some(({ text, state }) =>
    text.split('\n').some((line) => {
      const [, local, , current] = line.trim().split(/\s+/);
      return local !== undefined && wanted.has(local) && current === state;
    }),
  );
}

/** As /proc/net has it: the four bytes in the order of a little-endian machine. */
export function hexOfAddress(address: string): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(parseAddress(address) ?? 0);
  return bytes.toString('hex').toUpperCase();
}
