import { usageError } from '../cli-error.ts';

const KIB = 1024;
const MIB = KIB * KIB;
const units: Readonly<Record<string, number>> = { k: KIB, m: MIB, g: KIB * MIB, t: MIB * MIB };

/**
 * A size such as `512M`, `1.5GiB` or `20g`; units are powers of 1024.
 * @param option for the error, for example `--memory`
 * @returns bytes
 * @throws CliError also for a plain number too small to be meant as bytes
 */
export function parseSize(option: string, text: string): number {
  const match = /^(\d+(?:\.\d+)?)(?:([kmgt])(?:i?b)?)?$/i.exec(text);
  if (match === null) throw usageError(`${option} ${text} is not a size`, 'Write for example 512M or 2GiB.');
  const amount = Number(match[1]);
  const unit = match[2]?.toLowerCase();
  if (unit === undefined && amount < MIB) {
    throw usageError(`${option} ${text} has no unit`, `Write ${text}M or ${text}G.`);
  }
  const bytes = amount * (unit === undefined ? 1 : (units[unit] ?? 1));
  if (!Number.isSafeInteger(bytes) || bytes <= 0) throw usageError(`${option} ${text} is not a whole number of bytes`);
  return bytes;
}

/** As `parseSize`, in MiB. */
export function parseMebibytes(option: string, text: string): number {
  const mebibytes = parseSize(option, text) / MIB;
  if (!Number.isInteger(mebibytes)) throw usageError(`${option} ${text} is not a whole number of MiB`);
  return mebibytes;
}

/** A whole number from 1 on. */
export function parseCount(option: string, text: string): number {
  const count = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(count) || count < 1) {
    throw usageError(`${option} ${text} is not a whole number from 1 on`);
  }
  return count;
}

/**
 * A span of time such as `30`, `30s`, `1.5m`; a plain number is seconds.
 * @returns milliseconds
 */
export function parseDuration(option: string, text: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m)?$/.exec(text);
  if (match === null) throw usageError(`${option} ${text} is not a time`, 'Write for example 30s or 2m.');
  const factor = { ms: 1, s: 1000, m: 60_000 }[match[2] ?? 's'] ?? 1000;
  return Math.round(Number(match[1]) * factor);
}

/** Variables for the guest, and those that were named without a value but are not set here. */
export interface GuestEnvironment {
  readonly values: Record<string, string>;
  readonly unset: readonly string[];
}

/**
 * `K=V` sets a variable; `K` alone takes it from here, and is left out where it is not set.
 * @throws CliError when a name cannot be one
 */
export function parseEnvironment(
  words: readonly string[],
  here: Readonly<Record<string, string | undefined>>,
): GuestEnvironment {
  const values = new Map<string, string>();
  const unset: string[] = [];
  for (const word of words) {
    const equals = word.indexOf('=');
    const name = equals === -1 ? word : word.slice(0, equals);
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
      throw usageError(`--env ${word}: ${name === '' ? 'the name is missing' : `${name} cannot be a variable's name`}`);
    }
    const value = equals === -1 ? here[name] : word.slice(equals + 1);
    if (value === undefined) unset.push(name);
    else values.set(name, value);
  }
  return { values: Object.fromEntries(values), unset };
}
