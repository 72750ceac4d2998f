import { CommandError, type Runner } from '@banger/system';
import type { HostFiles } from '../files.ts';
import type { DockerEdit } from './docker-user.ts';
import { fingerprint } from './fingerprint.ts';
import { parseIptablesSave } from './iptables-save.ts';
import type { Table } from './model.ts';
import { type NftRuleset, parseRuleset } from './nft-ruleset.ts';
import { installScript, OWN_FAMILY, ownTableName, removalScript } from './own-table.ts';
import type { GuestSide } from './probes.ts';

const TIMEOUT_MS = 30_000;
/** About 200,000 rules. */
const MAX_LIST_BYTES = 128 * 1024 * 1024;

/** All rules of the host as they are now. */
export interface Rules {
  readonly nft: NftRuleset;
  /** Output of iptables-legacy-save; empty where the old backend is not in use. */
  readonly iptablesLegacy: string;
  readonly fingerprint: string;
}

/** Reads the host's rules, and writes our own table and our rules in Docker's chain. */
export class Firewall {
  readonly #runner: Runner;
  readonly #files: HostFiles;
  readonly #table: string;

  constructor(runner: Runner, files: HostFiles, instanceId: string) {
    this.#runner = runner;
    this.#files = files;
    this.#table = ownTableName(instanceId);
  }

  /** One process; two where the old iptables backend is in use. */
  async list(signal: AbortSignal): Promise<Rules> {
    // One nft process can list several things, but nft 1.0 loses all but the last in doing so: list everything.
    const [{ stdout }, iptablesLegacy] = await Promise.all([
      this.#runner.run(['nft', '-j', 'list', 'ruleset'], { ...reading(signal) }),
      this.#saveLegacy(signal),
    ]);
    const nft = parseRuleset(stdout);
    return { nft, iptablesLegacy, fingerprint: fingerprint(nft, iptablesLegacy) };
  }

  /** The tables of others. What iptables-nft made is read from its own listing, as nft does not know its extensions. */
  async foreignTables(rules: Rules, signal: AbortSignal): Promise<readonly Table[]> {
    const native = rules.nft.tables.filter(({ family, name }) => family !== OWN_FAMILY || name !== this.#table);
    const usesIptables = native.some(({ family, name }) => family === 'ip' && name === 'filter');
    const saved = usesIptables ? await this.#save('iptables-nft-save', signal) : '';
    const compatible = parseIptablesSave(saved, 'iptables-nft');
    const covered = new Set(compatible.map(({ label }) => label.replace('iptables-nft', 'ip')));
    return [
      ...native.filter(({ family, label }) => (family === 'ip' || family === OWN_FAMILY) && !covered.has(label)),
      ...compatible,
      ...parseIptablesSave(rules.iptablesLegacy, 'iptables-legacy'),
    ];
  }

  hasOwnTable(rules: Rules): boolean {
    return rules.nft.tables.some(({ family, name }) => family === OWN_FAMILY && name === this.#table);
  }

  async install(side: GuestSide, signal: AbortSignal): Promise<void> {
    await this.#write(['nft', '-f', '-'], installScript(this.#table, side), signal);
  }

  async uninstall(signal: AbortSignal): Promise<void> {
    await this.#write(['nft', '-f', '-'], removalScript(this.#table), signal);
  }

  async edit({ backend, script }: DockerEdit, signal: AbortSignal): Promise<void> {
    // Others hold the lock of iptables only for moments.
    await this.#write([`${backend}-restore`, '--noflush', '--wait', '10'], script, signal);
  }

  /** All in one transaction; the signal is looked at before it only. */
  async #write(argv: readonly [string, ...string[]], input: string, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    await this.#runner.run(argv, { privileged: true, timeoutMs: TIMEOUT_MS, input });
  }

  async #saveLegacy(signal: AbortSignal): Promise<string> {
    // Listing would load the old backend's modules where they are not in use.
    const tables = (await this.#files.read('/proc/net/ip_tables_names')) ?? '';
    return tables.split('\n').includes('filter') ? this.#save('iptables-legacy-save', signal) : '';
  }

  /** Empty where the program is missing, or cannot read rules that nft made: then nft's own listing has to do. */
  async #save(program: string, signal: AbortSignal): Promise<string> {
    try {
      return (await this.#runner.run([program], { ...reading(signal), okExitCodes: [0] })).stdout;
    } catch (error) {
      if (error instanceof CommandError && (error.notFound || error.exitCode === 1)) return '';
      throw error;
    }
  }
}

const reading = (signal: AbortSignal) =>
  ({ privileged: true, signal, timeoutMs: TIMEOUT_MS, maxOutputBytes: MAX_LIST_BYTES }) as const;
