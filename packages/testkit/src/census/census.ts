import { CommandError } from '@banger/system';
import { dmDevices, links, loopDevices, nftables } from './host-tools.ts';
import { cgroups, files, mounts, namespaces, processes } from './kernel-files.ts';
import { type Category, type Census, type CensusOptions, categories, type Entries } from './types.ts';

type Reader = (options: CensusOptions) => Promise<Entries>;

const readers: Readonly<Record<Category, Reader>> = {
  processes: ({ processes: counts = () => false }) => processes(counts),
  links: ({ runner }) => links(runner),
  nftables: ({ runner }) => nftables(runner),
  loopDevices: ({ runner }) => loopDevices(runner),
  dmDevices: ({ runner }) => dmDevices(runner),
  mounts,
  cgroups,
  namespaces,
  files: ({ directories = [] }) => files(directories),
};

/** Counts what is on this host. A tool that is missing or may not be used makes its category a skipped one. */
export async function takeCensus(options: CensusOptions): Promise<Census> {
  const entries: Partial<Record<Category, Entries>> = {};
  const skipped: Partial<Record<Category, string>> = {};
  for (const category of options.categories ?? categories) {
    try {
      entries[category] = filtered(await readers[category](options), category, options.only);
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      skipped[category] = error.message;
    }
  }
  return { entries, skipped };
}

function filtered(entries: Entries, category: Category, only: CensusOptions['only']): Entries {
  if (only === undefined) return entries;
  return new Map([...entries].filter(([, description]) => only(category, description)));
}

/**
 * Readable difference, a line per resource that is new (`+`), gone (`-`) or changed (`~`); empty when nothing differs.
 */
export function diffCensus(before: Census, after: Census): string {
  const lines = categories.flatMap((category) => {
    const reason = after.skipped[category] ?? before.skipped[category];
    if (reason !== undefined) {
      const counted = before.skipped[category] === undefined || after.skipped[category] === undefined;
      return counted ? [`${category}:`, `  ? counted only once: ${reason}`] : [];
    }
    const changes = diffEntries(before.entries[category] ?? new Map(), after.entries[category] ?? new Map());
    return changes.length === 0 ? [] : [`${category}:`, ...changes.map((change) => `  ${change}`)];
  });
  return lines.join('\n');
}

function diffEntries(before: Entries, after: Entries): readonly string[] {
  const added = [...after].filter(([key]) => !before.has(key)).map(([, description]) => `+ ${description}`);
  const gone = [...before].filter(([key]) => !after.has(key)).map(([, description]) => `- ${description}`);
  const changed = [...after].flatMap(([key, description]) => {
    const earlier = before.get(key);
    return earlier === undefined || earlier === description ? [] : [`~ ${earlier} -> ${description}`];
  });
  return [...added, ...gone, ...changed];
}
