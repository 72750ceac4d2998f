import type { HostFiles } from './files.ts';

/** Where the host's traffic to the outside goes. */
export interface Uplink {
  readonly device: string;
  /** In bytes. */
  readonly mtu: number;
}

/** RTF_UP and RTF_REJECT of linux/route.h. */
const ROUTE_UP = 0x1;
const ROUTE_REJECT = 0x200;

/** One line of /proc/net/route. */
interface Route {
  readonly device: string;
  /** Addresses in hexadecimal, least significant byte first, as the file has them. */
  readonly destination: string;
  readonly mask: string;
  readonly metric: number;
}

/** The device of the IPv4 default route with the best metric; undefined where there is none. */
export async function findUplink(files: HostFiles): Promise<Uplink | undefined> {
  const [best] = parseRoutes((await files.read('/proc/net/route')) ?? '')
    .filter(({ destination, mask }) => destination === '00000000' && mask === '00000000')
    .sort((a, b) => a.metric - b.metric);
  if (best === undefined) return undefined;
  const mtu = Number(await files.read(`/sys/class/net/${best.device}/mtu`));
  return Number.isInteger(mtu) && mtu > 0 ? { device: best.device, mtu } : undefined;
}

/** Reads /proc/net/route (proc_pid_net(5)): usable IPv4 routes of the main table. */
export function parseRoutes(text: string): readonly Route[] {
  return text
    .split('\n')
    .slice(1)
    .flatMap((line) => {
      const [device, destination, , flags = '0', , , metric, mask] = line.split('\t').map((field) => field.trim());
      if (device === undefined || destination === undefined || mask === undefined) return [];
      const bits = Number.parseInt(flags, 16);
      if ((bits & ROUTE_UP) === 0 || (bits & ROUTE_REJECT) !== 0) return [];
      return [{ device, destination, mask, metric: Number(metric) }];
    });
}
