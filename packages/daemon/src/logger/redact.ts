/** What stands in the log in place of a secret. */
export const REDACTED = '[redacted]';

/** Names of fields whose value is a secret, whatever it is; compared without case, `_` and `-`. */
const secretNames = new Set([
  'authorization',
  'clientkey',
  'cookie',
  'env',
  'environment',
  'hostkey',
  'passphrase',
  'password',
  'privatekey',
  'secret',
  'stdin',
  'ticket',
  'token',
]);
const isSecretName = (name: string): boolean => {
  const plain = name.toLowerCase().replace(/[_-]/g, '');
  return secretNames.has(plain) || /(token|password|secret|privatekey)$/.test(plain);
};

const MAX_DEPTH = 8;
/** Up to its end, or to the end of the JSON string that it was cut off in. */
const privateKey = /-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----[^"]*?(?:-----END [A-Z0-9 ]*PRIVATE KEY-----|(?=")|$)/g;
const urlPassword = /\b([a-z][a-z0-9+.-]*:\/\/[^\s/:@"]*):[^\s/@"]+@/gi;

/** A copy for the log without secrets, at any depth; errors become plain objects with their causes. */
export function redact(value: unknown): unknown {
  return copy(value, 0, new Set());
}

function copy(value: unknown, depth: number, above: Set<object>): unknown {
  if (typeof value === 'bigint') return value.toString();
  if (typeof value !== 'object' || value === null) return value;
  if (above.has(value)) return '[circular]';
  if (depth >= MAX_DEPTH) return '[deep]';
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  if (value instanceof Date || value instanceof URL) return value.toJSON();
  const inside = new Set(above).add(value);
  if (Array.isArray(value)) return value.map((each) => copy(each, depth + 1, inside));
  const fields = value instanceof Error ? errorFields(value) : Object.entries(value);
  return Object.fromEntries(
    fields.map(([name, inner]) => [name, isSecret(name, inner) ? REDACTED : copy(inner, depth + 1, inside)]),
  );
}

function isSecret(name: string, value: unknown): boolean {
  return value !== undefined && value !== null && isSecretName(name);
}

function errorFields(error: Error): [string, unknown][] {
  const { name, message, stack, cause, ...own } = error as Error & Record<string, unknown>;
  return [
    ['name', name],
    ['message', message],
    ...Object.entries(own),
    ['stack', stack],
    ...(cause === undefined ? [] : [['cause', cause] as [string, unknown]]),
  ];
}

/** The last net, over the finished line: private keys and passwords of URLs that stand in the middle of a text. */
export function redactLine(line: string): string {
  const withoutKeys = line.includes('PRIVATE KEY-----') ? line.replaceAll(privateKey, REDACTED) : line;
  return withoutKeys.includes('://') ? withoutKeys.replaceAll(urlPassword, `$1:${REDACTED}@`) : withoutKeys;
}
