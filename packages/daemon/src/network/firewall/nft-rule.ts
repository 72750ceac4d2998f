import { parseCidr } from '../ipv4.ts';
import { anyOf, matchAddress, matchInterface, matchState, not, unknown } from './matches.ts';
import type { Match, Packet, Rule, Verdict } from './model.ts';

type Fields = Readonly<Record<string, unknown>>;

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Statements that neither decide nor stop a packet. */
const HARMLESS = new Set(['counter', 'log', 'mangle', 'notrack', 'flow', 'set', 'map', 'ct helper', 'ct timeout']);

/** Reads the expressions of one rule. What is not understood is a match that may or may not fit. */
export function readRule(expressions: readonly unknown[], comment: string | undefined): Rule {
  const matches: Match[] = [];
  let verdict: Verdict | undefined;
  for (const expression of expressions) {
    const [kind, value] = isFields(expression) ? (Object.entries(expression)[0] ?? ['', undefined]) : ['', undefined];
    const decided = readVerdict(kind, value);
    if (decided !== undefined) verdict = decided;
    else if (kind === 'match') matches.push(isFields(value) ? readMatch(value) : unknown);
    else if (kind === 'xt' && isFields(value) && value['name'] === 'comment') continue;
    else if (!HARMLESS.has(kind)) matches.push(unknown);
  }
  return { matches, verdict, comment };
}

function readVerdict(kind: string, value: unknown): Verdict | undefined {
  switch (kind) {
    case 'accept':
    case 'drop':
    case 'return':
      return { kind };
    case 'reject':
      return { kind: 'drop' };
    case 'jump':
    case 'goto':
      return isFields(value) && typeof value['target'] === 'string' ? { kind, target: value['target'] } : undefined;
    case 'queue':
      return { kind: 'oneOf', verdicts: [{ kind: 'accept' }, { kind: 'drop' }] };
    case 'vmap':
      return { kind: 'oneOf', verdicts: mapVerdicts(value) };
    case 'xt':
      return isFields(value) && value['type'] === 'target' ? readTarget(value['name']) : undefined;
    default:
      return undefined;
  }
}

/** The iptables targets that decide; rules with them are usually read from iptables-save instead. */
function readTarget(name: unknown): Verdict | undefined {
  if (name === 'REJECT') return { kind: 'drop' };
  if (name === 'NFQUEUE') return { kind: 'oneOf', verdicts: [{ kind: 'accept' }, { kind: 'drop' }] };
  return undefined;
}

/** All verdicts of a map; which one applies depends on the packet. A named map may have any. */
function mapVerdicts(value: unknown): readonly Verdict[] {
  const data = isFields(value) ? value['data'] : undefined;
  const elements = isFields(data) && Array.isArray(data['set']) ? (data['set'] as unknown[]) : undefined;
  if (elements === undefined) return [{ kind: 'accept' }, { kind: 'drop' }, { kind: 'return' }];
  return elements.flatMap((element): Verdict[] => {
    const result: unknown = Array.isArray(element) ? element[1] : undefined;
    const [kind, target] = isFields(result) ? (Object.entries(result)[0] ?? ['', undefined]) : ['', undefined];
    const verdict = readVerdict(kind, target);
    return verdict === undefined ? [] : [verdict];
  });
}

function readMatch(match: Fields): Match {
  const { op, left, right } = match;
  if (op !== '==' && op !== '!=' && op !== 'in') return unknown;
  const compare = readLeft(left);
  if (compare === undefined) return unknown;
  const values = alternatives(right);
  const fits: Match = (packet) => anyOf(values.map((value) => compare(packet, value)));
  return op === '!=' ? (packet) => not(fits(packet)) : fits;
}

type Compare = (packet: Packet, value: unknown) => boolean | undefined;

/** The right side as a list: one value, a set, or flags. */
function alternatives(right: unknown): readonly unknown[] {
  if (Array.isArray(right)) return right as unknown[];
  if (isFields(right) && Array.isArray(right['set'])) {
    return (right['set'] as unknown[]).map((element) =>
      isFields(element) && isFields(element['elem']) ? element['elem']['val'] : element,
    );
  }
  return [right];
}

function readLeft(left: unknown): Compare | undefined {
  if (!isFields(left)) return undefined;
  const { meta, payload, ct } = left;
  if (isFields(meta)) return metaCompare(meta['key']);
  if (isFields(ct) && ct['key'] === 'state') {
    return (packet, value) => (typeof value === 'string' ? matchState(packet, [value]) : undefined);
  }
  // Our probes are plain new or answered connections, never redirected to a guest.
  if (isFields(ct) && ct['key'] === 'status') return (_packet, value) => (value === 'dnat' ? false : undefined);
  return isFields(payload) ? payloadCompare(payload) : undefined;
}

function metaCompare(key: unknown): Compare | undefined {
  switch (key) {
    case 'iif':
    case 'iifname':
      return (packet, value) => (typeof value === 'string' ? matchInterface(packet, 'iif', value, '*') : undefined);
    case 'oif':
    case 'oifname':
      return (packet, value) => (typeof value === 'string' ? matchInterface(packet, 'oif', value, '*') : undefined);
    case 'l4proto':
      return (packet, value) => matchWord(packet.protocol, value);
    case 'nfproto':
      return (_packet, value) => matchWord('ipv4', value);
    case 'protocol':
      return (_packet, value) => matchWord('ip', value);
    default:
      return undefined;
  }
}

function payloadCompare({ protocol, field }: Fields): Compare | undefined {
  if (protocol === 'ip6' || protocol === 'icmp' || protocol === 'icmpv6') return () => false;
  if (protocol === 'ip') {
    if (field === 'saddr' || field === 'daddr') return (packet, value) => matchAddress(packet[field], readRange(value));
    return field === 'protocol' ? (packet, value) => matchWord(packet.protocol, value) : undefined;
  }
  if (protocol !== 'tcp' && protocol !== 'udp' && protocol !== 'th') return undefined;
  if (field !== 'dport' && field !== 'sport') return undefined;
  return (packet, value) => {
    if (protocol !== 'th' && protocol !== packet.protocol) return false;
    return matchPort(packet[field], value);
  };
}

/** A word of a set that is not named: numbers and named sets are beyond us. */
function matchWord(actual: string, value: unknown): boolean | undefined {
  return typeof value === 'string' && !value.startsWith('@') ? value === actual : undefined;
}

function matchPort(port: number | undefined, value: unknown): boolean | undefined {
  if (port === undefined) return undefined;
  if (typeof value === 'number') return value === port;
  const range = isFields(value) ? value['range'] : undefined;
  if (!Array.isArray(range)) return undefined;
  const [low, high] = range as unknown[];
  return typeof low === 'number' && typeof high === 'number' ? low <= port && port <= high : undefined;
}

function readRange(value: unknown): ReturnType<typeof parseCidr> {
  if (typeof value === 'string') return parseCidr(value);
  const prefix = isFields(value) ? value['prefix'] : undefined;
  if (!isFields(prefix) || typeof prefix['addr'] !== 'string') return undefined;
  return parseCidr(`${prefix['addr']}/${Number(prefix['len'])}`);
}
