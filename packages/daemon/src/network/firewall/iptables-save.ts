import { parseCidr } from '../ipv4.ts';
import { anyOf, matchAddress, matchInterface, matchState, not, unknown } from './matches.ts';
import type { Chain, Match, Packet, Rule, Table, Verdict } from './model.ts';

const HOOKS: Readonly<Record<string, string>> = { INPUT: 'input', FORWARD: 'forward', OUTPUT: 'output' };
/** Tables that filter; nat only rewrites. */
const FILTERING = new Set(['filter', 'mangle', 'raw', 'security']);

type ChainBuilder = Omit<Chain, 'rules'> & { readonly rules: Rule[] };

/** Reads the output of iptables-save or iptables-nft-save, all tables. Lines that are not understood are passed over. */
export function parseIptablesSave(stdout: string, backend: 'iptables-nft' | 'iptables-legacy'): readonly Table[] {
  const tables: (Omit<Table, 'chains'> & { readonly chains: Map<string, ChainBuilder> })[] = [];
  for (const line of stdout.split('\n')) {
    const current = tables.at(-1);
    if (line.startsWith('*')) {
      const name = line.slice(1).trim();
      tables.push({ label: `${backend} ${name}`, backend, chains: new Map() });
    } else if (line.startsWith(':') && current !== undefined) {
      const [name = '', policy] = line.slice(1).split(' ');
      const hook = FILTERING.has(current.label.split(' ')[1] ?? '') ? HOOKS[name] : undefined;
      current.chains.set(name, { name, hook, policy: policy === 'DROP' ? 'drop' : 'accept', rules: [] });
    } else if (line.startsWith('-A ') && current !== undefined) {
      const [, name = '', ...words] = splitWords(line);
      current.chains.get(name)?.rules.push({ ...readRule(words), source: line });
    }
  }
  return tables;
}

/** Splits at blanks, but not within double quotes; a backslash quotes within them. */
export function splitWords(line: string): readonly string[] {
  const words = line.match(/"(?:[^"\\]|\\.)*"|\S+/g) ?? [];
  return words.map((word) => (word.startsWith('"') ? word.slice(1, -1).replaceAll(/\\(.)/g, '$1') : word));
}

function readRule(words: readonly string[]): Rule {
  const matches: Match[] = [];
  let verdict: Verdict | undefined;
  let comment: string | undefined;
  for (const { option, values, negated } of splitOptions(words)) {
    const [value = ''] = values;
    if (option === '-j' || option === '-g') {
      verdict = readTarget(option, value);
      break; // what follows are options of the target
    }
    if (option === '--comment') comment = value;
    const match = readOption(option, value);
    if (match === undefined) continue;
    matches.push(negated ? (packet) => not(match(packet)) : match);
  }
  return { matches, verdict, comment };
}

interface Option {
  readonly option: string;
  readonly values: readonly string[];
  readonly negated: boolean;
}

function splitOptions(words: readonly string[]): readonly Option[] {
  const options: (Option & { readonly values: string[] })[] = [];
  let negated = false;
  for (const word of words) {
    if (word === '!') negated = true;
    else if (word.startsWith('-') && word.length > 1 && !isValueOf(options.at(-1))) {
      options.push({ option: word, values: [], negated });
      negated = false;
    } else options.at(-1)?.values.push(word);
  }
  return options;
}

/** A comment may begin with a dash. */
const isValueOf = (option: Option | undefined): boolean => option?.option === '--comment' && option.values.length === 0;

/** The match of one option; undefined when the option does not restrict. */
function readOption(option: string, value: string): Match | undefined {
  switch (option) {
    case '-m': // names the module of the options that follow
    case '--comment':
      return undefined;
    case '-i':
      return (packet) => matchInterface(packet, 'iif', value, '+');
    case '-o':
      return (packet) => matchInterface(packet, 'oif', value, '+');
    case '-s':
      return (packet) => matchAddress(packet.saddr, parseCidr(value));
    case '-d':
      return (packet) => matchAddress(packet.daddr, parseCidr(value));
    case '-p':
      return (packet) => value === packet.protocol || value === 'all';
    case '--dport':
      return (packet) => matchPort(packet.dport, value);
    case '--sport':
      return (packet) => matchPort(packet.sport, value);
    case '--ctstate':
    case '--state':
      return (packet) => matchState(packet, value.split(','));
    case '--dst-type':
      return (packet) => matchDestinationType(packet, value);
    default:
      return unknown;
  }
}

function matchDestinationType(packet: Packet, value: string): boolean {
  return anyOf(value.split(',').map((type) => type === (packet.local ? 'LOCAL' : 'UNICAST'))) === true;
}

function matchPort(port: number | undefined, value: string): boolean | undefined {
  const [low, high = low] = value.split(':').map(Number);
  if (port === undefined || low === undefined || high === undefined) return undefined;
  return low <= port && port <= high;
}

function readTarget(option: '-j' | '-g', name: string): Verdict | undefined {
  switch (name) {
    case 'ACCEPT':
      return { kind: 'accept' };
    case 'DROP':
    case 'REJECT':
      return { kind: 'drop' };
    case 'RETURN':
      return { kind: 'return' };
    case 'NFQUEUE':
    case 'QUEUE':
      return { kind: 'oneOf', verdicts: [{ kind: 'accept' }, { kind: 'drop' }] };
    default:
      // A target that is no chain (LOG, MARK, ...) is a chain without rules to the evaluation: the next rule follows.
      return { kind: option === '-g' ? 'goto' : 'jump', target: name };
  }
}
