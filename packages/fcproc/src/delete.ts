import { setTimeout as delay } from 'node:timers/promises';
import type { Runner } from '@banger/system';
import { runBatch } from './batch.ts';
import type { BridgeSpec } from './bridge.ts';
import type { LinkInfo } from './links.ts';
import { type CallOptions, IP_TIMEOUT_MS, listLinks } from './list.ts';
import { linkName } from './names.ts';
import type { TapDeviceSpec } from './tap.ts';

/** An interface to remove: only if it carries exactly this alias. */
export interface OwnedLink {
  readonly name: string;
  readonly alias: string;
}

const FIRST_PAUSE_MS = 5;
const LONGEST_PAUSE_MS = 100;

/** Removes the TAP, also while a process still has it open. Fine when it is gone; one of another owner stays. */
export async function deleteTap(
  runner: Runner,
  tap: Pick<TapDeviceSpec, 'name' | 'alias'>,
  options: CallOptions = {},
): Promise<void> {
  await deleteLinks(runner, [tap], options);
}

/** Removes bridge and veth pair. Fine when they are gone; what has another alias stays. Members lose their bridge. */
export async function deleteBridge(
  runner: Runner,
  bridge: Pick<BridgeSpec, 'name' | 'alias' | 'carrier'>,
  options: CallOptions = {},
): Promise<void> {
  const { alias, carrier } = bridge;
  const names = [carrier.member, carrier.peer, bridge.name];
  await deleteLinks(
    runner,
    names.map((name) => ({ name, alias })),
    options,
  );
}

/**
 * Removes interfaces and waits until they are gone. Names that do not exist, or with another alias, are passed over.
 * @throws the Runner's error when one is still there at the deadline (`timeoutMs`, 30 s).
 */
export async function deleteLinks(
  runner: Runner,
  owned: readonly OwnedLink[],
  options: CallOptions = {},
): Promise<void> {
  if (owned.length === 0) return;
  const deadline = performance.now() + (options.timeoutMs ?? IP_TIMEOUT_MS);
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
    const left = present(await listLinks(runner, options), owned);
    if (left.length === 0) return;
    try {
      // The kernel answers when the interface is gone, so success needs no second look.
      await runBatch(runner, removals(left), options);
      return;
    } catch (error) {
      // Somebody else may have been faster; the next listing tells.
      if (performance.now() >= deadline) throw error;
      await delay(pauseMs, undefined, options.signal === undefined ? {} : { signal: options.signal });
    }
  }
}

function present(links: readonly LinkInfo[], owned: readonly OwnedLink[]): readonly LinkInfo[] {
  const aliases = new Map(owned.map(({ name, alias }) => [linkName(name), alias]));
  return links.filter(({ name, alias }) => alias !== undefined && aliases.get(name) === alias);
}

function removals(links: readonly LinkInfo[]): readonly string[] {
  const names = new Set(links.map(({ name }) => name));
  // Removing one end of a veth pair removes both.
  return links
    .filter((link) => link.peer === undefined || !names.has(link.peer) || link.name < link.peer)
    .map(({ name }) => `link del dev ${name}`);
}
