import type { Runner } from '@banger/system';
import type { Entries } from './types.ts';

interface JsonLink {
  readonly ifname: string;
  readonly ifalias?: string;
  readonly linkinfo?: { readonly info_kind?: string };
  readonly addr_info?: readonly { readonly local?: string; readonly prefixlen?: number }[];
}

export async function links(runner: Runner): Promise<Entries> {
  const { stdout } = await runner.run(['ip', '-j', '-d', 'addr', 'show']);
  return new Map((JSON.parse(stdout) as JsonLink[]).map((link) => [link.ifname, describeLink(link)]));
}

function describeLink({ ifname, ifalias, linkinfo, addr_info = [] }: JsonLink): string {
  const addresses = addr_info.flatMap(({ local, prefixlen }) =>
    local === undefined ? [] : [`${local}/${prefixlen ?? 0}`],
  );
  const parts = [linkinfo?.info_kind, ifalias === undefined ? undefined : `"${ifalias}"`, ...addresses];
  return [ifname, ...parts.filter((part) => part !== undefined)].join(' ');
}

interface NftObject {
  readonly family: string;
  readonly name?: string;
  readonly table?: string;
  readonly chain?: string;
  readonly expr?: unknown;
}

/** Tables, chains, sets and rules, without handles and counters. */
export async function nftables(runner: Runner): Promise<Entries> {
  const { stdout } = await runner.run(['nft', '-j', 'list', 'ruleset'], { privileged: true });
  const { nftables: items } = JSON.parse(stdout) as { nftables: Record<string, NftObject>[] };
  const lines = items.flatMap((item) => Object.entries(item)).filter(([kind]) => kind !== 'metainfo');
  return new Map(lines.map(([kind, object]) => [nftLine(kind, object), nftLine(kind, object)]));
}

function nftLine(kind: string, { family, name, table, chain, expr }: NftObject): string {
  const where = [family, table, chain, name].filter((part) => part !== undefined).join(' ');
  if (expr === undefined) return `${kind} ${where}`;
  const text = JSON.stringify(expr, (key, value: unknown) => (key === 'counter' ? {} : value));
  return `${kind} ${where} ${text}`;
}

export async function loopDevices(runner: Runner): Promise<Entries> {
  const { stdout } = await runner.run(['losetup', '--list', '--json', '--output', 'NAME,BACK-FILE']);
  // losetup prints nothing at all where there is no loop device
  if (stdout.trim() === '') return new Map();
  const { loopdevices } = JSON.parse(stdout) as { loopdevices: { name: string; 'back-file': string | null }[] };
  return new Map(
    loopdevices.map((device) => [
      `${device.name} ${device['back-file'] ?? ''}`,
      `${device.name} of ${device['back-file'] ?? '?'}`,
    ]),
  );
}

export async function dmDevices(runner: Runner): Promise<Entries> {
  const { stdout } = await runner.run(
    ['dmsetup', 'info', '-c', '--noheadings', '--separator', ' ', '-o', 'name,uuid'],
    {
      privileged: true,
    },
  );
  const lines = stdout.split('\n').map((line) => line.trim());
  return new Map(lines.filter((line) => line !== '' && line !== 'No devices found').map((line) => [line, line]));
}
