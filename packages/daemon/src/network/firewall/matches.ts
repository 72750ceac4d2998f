import { type Cidr, contains, overlaps } from '../ipv4.ts';
import type { Match, Packet } from './model.ts';

/** All of them; what is unknown makes the whole unknown, unless one says no. */
export function matchAll(matches: readonly Match[], packet: Packet): boolean | undefined {
  let result: boolean | undefined = true;
  for (const match of matches) {
    const answer = match(packet);
    if (answer === false) return false;
    if (answer === undefined) result = undefined;
  }
  return result;
}

/** Any of some answers. */
export function anyOf(answers: readonly (boolean | undefined)[]): boolean | undefined {
  if (answers.includes(true)) return true;
  return answers.includes(undefined) ? undefined : false;
}

export const not = (answer: boolean | undefined): boolean | undefined => (answer === undefined ? undefined : !answer);

/** A match that we cannot read. */
export const unknown: Match = () => undefined;

/** Compares an interface name with a name or a name with a wildcard at its end. */
export function matchInterface(
  packet: Packet,
  side: 'iif' | 'oif',
  pattern: string,
  wildcard: string,
): boolean | undefined {
  const fits = (name: string): boolean =>
    pattern.endsWith(wildcard) ? name.startsWith(pattern.slice(0, -wildcard.length)) : name === pattern;
  const name = packet[side];
  if (name !== undefined) return fits(name);
  // Unknown, but certainly not this one.
  return pattern === packet.neither ? false : undefined;
}

/** Whether an address (given as the range that it is in) lies in `range`. */
export function matchAddress(address: Cidr | undefined, range: Cidr | undefined): boolean | undefined {
  if (address === undefined || range === undefined) return undefined;
  if (contains(range, address)) return true;
  return overlaps(range, address) ? undefined : false;
}

/** Connection states as words, in either case. */
export function matchState(packet: Packet, states: readonly string[]): boolean {
  return states.some((state) => state.toLowerCase() === packet.state);
}
