import { isIP, isIPv4 } from 'node:net';
import { z } from 'zod';
import { formatDuration, formatSize, parseDuration, parseSize } from './quantity.ts';

/** What documentation and error messages say about one key. */
export interface FieldText {
  readonly doc: string;
  /** Continues "expected ...". */
  readonly expected: string;
}

/** Gives a schema its text; the last call on it, because the text stays with the object that it returns. */
export function field<T extends z.ZodType>(schema: T, text: FieldText): T {
  return schema.meta({ ...text });
}

export function textOf(schema: z.ZodType): FieldText {
  return schema.meta() as unknown as FieldText;
}

interface Range {
  readonly min: number;
  readonly max: number;
}

/** Bytes, or a string such as `2GiB`. */
export const size = ({ min, max }: Range) =>
  quantity(parseSize, min, max, `between ${formatSize(min)} and ${formatSize(max)}`);

/** Milliseconds, or a string such as `30s`. */
export const duration = ({ min, max }: Range) =>
  quantity(parseDuration, min, max, `between ${formatDuration(min)} and ${formatDuration(max)}`);

function quantity(parse: (text: string) => number | undefined, min: number, max: number, range: string) {
  return z.union([z.number(), z.string()]).transform((value, context) => {
    const parsed = typeof value === 'number' ? value : parse(value);
    if (parsed !== undefined && Number.isInteger(parsed) && parsed >= min && parsed <= max) return parsed;
    const message = parsed === undefined ? 'cannot be read' : `is not ${range}`;
    context.issues.push({ code: 'custom', message, input: value });
    return z.NEVER;
  });
}

/** A string that a check of ours accepts; the check tells what is wrong with one that it does not. */
const checked = (problem: (value: string) => string | undefined) =>
  z.string().superRefine((value, context) => {
    const message = problem(value);
    if (message !== undefined) context.addIssue({ code: 'custom', message });
  });

export const absolutePath = checked((value) => {
  if (!value.startsWith('/')) return 'is not absolute';
  return value.includes('\0') || value.includes('\n') ? 'has a character that no path should have' : undefined;
});

/** IFNAMSIZ is 16 with NUL; what else the kernel refuses: dev_valid_name(). */
export const interfaceName = checked((value) => {
  if (Buffer.byteLength(value) > 15) return 'is longer than the 15 bytes that Linux allows';
  return /^[A-Za-z0-9][A-Za-z0-9_.-]*$/.test(value) ? undefined : 'is no usable interface name';
});

export const ipAddress = checked((value) => (isIP(value) === 0 ? 'is no IP address' : undefined));

export const ipv4Range = checked((value) => {
  const [address = '', prefix = '', ...rest] = value.split('/');
  if (!isIPv4(address) || !/^\d{1,2}$/.test(prefix) || rest.length > 0) return 'is no IPv4 range';
  const length = Number(prefix);
  if (length < 8 || length > 29) return 'has a prefix length that is not between 8 and 29';
  const bits = address.split('.').reduce((sum, byte) => sum * 256 + Number(byte), 0);
  const network = bits - (bits % 2 ** (32 - length));
  if (network === bits) return undefined;
  const bytes = [24, 16, 8, 0].map((shift) => Math.floor(network / 2 ** shift) % 256);
  return `does not begin with its network address, which is ${bytes.join('.')}/${length}`;
});

export const httpUrl = checked((value) => {
  const url = URL.parse(value);
  return url?.protocol === 'http:' || url?.protocol === 'https:' ? undefined : 'is no http or https URL';
});

export const word = checked((value) => (/^[^\s\0]{1,255}$/.test(value) ? undefined : 'is empty or has white space'));
