import type { Runner } from '@banger/system';
import { runBatch } from './batch.ts';
import { LinkConflictError } from './errors.ts';
import type { LinkInfo } from './links.ts';
import { type CallOptions, findLink } from './list.ts';
import { linkAlias, linkMtu, linkName } from './names.ts';

/** A persistent TAP device on a bridge. */
export interface TapDeviceSpec {
  readonly name: string;
  /** Owner tag: an existing interface with another alias is never touched. */
  readonly alias: string;
  readonly bridge: string;
  /** In bytes. */
  readonly mtu: number;
  /** No link-local IPv6 address; needs a kernel with IPv6 switched on. */
  readonly noIpv6: boolean;
}

/**
 * Makes the TAP, member of the bridge and up; one process. Fine when it exists already and carries the alias.
 * @throws LinkConflictError when another interface has the name, and the Runner's error when `ip` fails.
 */
export async function createTap(runner: Runner, spec: TapDeviceSpec, options: CallOptions = {}): Promise<void> {
  const { name } = spec;
  const configure = configuration(spec);
  try {
    await runBatch(runner, [`tuntap add dev ${name} mode tap`, configure], options);
  } catch (error) {
    // Usually there is none, so looking first would only cost a process.
    const existing = await findLink(runner, name, options);
    if (existing === undefined) throw error;
    if (!mayTakeOver(existing, spec.alias)) {
      throw new LinkConflictError(name, existing.alias, spec.alias, { cause: error });
    }
    await runBatch(runner, [configure], options);
  }
}

/**
 * Puts TAPs of ours back on their bridge, for example after the bridge was made anew; one process for all that need it.
 * Names that do not exist in `links`, or carry another alias, are passed over.
 */
export async function attachTaps(
  runner: Runner,
  taps: readonly TapDeviceSpec[],
  options: CallOptions & { readonly links: readonly LinkInfo[] },
): Promise<void> {
  const astray = taps.filter(({ name, alias, bridge }) => {
    const link = options.links.find((candidate) => candidate.name === name);
    return link !== undefined && link.alias === alias && (link.master !== bridge || !link.up);
  });
  await runBatch(runner, astray.map(configuration), options);
}

function configuration({ name, alias, bridge, mtu, noIpv6 }: TapDeviceSpec): string {
  const mode = noIpv6 ? ' addrgenmode none' : '';
  return `link set dev ${linkName(name)} alias ${linkAlias(alias)} mtu ${linkMtu(mtu)} master ${linkName(bridge)}${mode} up`;
}

/** Ours, or a TAP that a creation left before it had its alias: on no bridge, down, and of the exact name. */
function mayTakeOver(link: LinkInfo, alias: string): boolean {
  if (link.kind !== 'tun') return false;
  return link.alias === alias || (link.alias === undefined && link.master === undefined && !link.up);
}
