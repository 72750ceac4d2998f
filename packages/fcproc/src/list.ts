import type { Runner, RunOptions } from '@banger/system';
import { IpOutputError } from './errors.ts';
import type { LinkInfo, NetworkState } from './links.ts';
import { parseDocuments, parseLinks, parseRoutes } from './parse.ts';

/** How long the work may take, and what ends it. */
export type CallOptions = Pick<RunOptions, 'signal' | 'timeoutMs'>;

/** Default deadline of one `ip` process in milliseconds; it answers in 10 when nothing holds the kernel's lock. */
export const IP_TIMEOUT_MS = 30_000;
/** About 30,000 interfaces. */
const MAX_LIST_BYTES = 64 * 1024 * 1024;

/** All interfaces of this network namespace, with their addresses; one process. */
export async function listLinks(runner: Runner, options: CallOptions = {}): Promise<readonly LinkInfo[]> {
  const [links, addresses] = await list(runner, ['link show', 'addr show'], options);
  return parseLinks(links ?? [], addresses ?? []);
}

/** All interfaces, and the routes of all tables; one process. */
export async function listNetwork(runner: Runner, options: CallOptions = {}): Promise<NetworkState> {
  const [links, addresses, routes] = await list(runner, ['link show', 'addr show', 'route show table all'], options);
  return { links: parseLinks(links ?? [], addresses ?? []), routes: parseRoutes(routes ?? []) };
}

/** The interface of that name, or undefined. */
export async function findLink(runner: Runner, name: string, options: CallOptions = {}): Promise<LinkInfo | undefined> {
  // `ip link show dev X` has the same exit status for "no such interface" as for every failure, so ask for all.
  return (await listLinks(runner, options)).find((link) => link.name === name);
}

async function list(runner: Runner, commands: readonly string[], options: CallOptions) {
  const { stdout } = await runner.run(['ip', '-json', '-details', '-batch', '-'], {
    timeoutMs: IP_TIMEOUT_MS,
    maxOutputBytes: MAX_LIST_BYTES,
    ...options,
    input: `${commands.join('\n')}\n`,
  });
  const documents = parseDocuments(stdout);
  if (documents.length !== commands.length) {
    throw new IpOutputError(`ip printed ${documents.length} documents for ${commands.length} commands`);
  }
  return documents;
}
