import { QemuError } from '../errors.ts';

/** One message of the QMP server, see QEMU's docs/interop/qmp-spec. */
export type QmpMessage =
  | { readonly kind: 'greeting'; readonly version: string }
  | { readonly kind: 'return'; readonly id: number | undefined; readonly value: unknown }
  | {
      readonly kind: 'error';
      readonly id: number | undefined;
      readonly errorClass: string;
      readonly description: string;
    }
  | { readonly kind: 'event'; readonly name: string; readonly data: QmpObject };

export type QmpObject = Readonly<Record<string, unknown>>;

/**
 * Parses one line of a QMP server.
 * @throws QemuError `qmp_protocol` when it is anything else.
 */
export function parseQmpMessage(line: string): QmpMessage {
  const message = parseObject(line);
  if (Object.hasOwn(message, 'QMP')) return { kind: 'greeting', version: greetingVersion(message['QMP']) };
  if (Object.hasOwn(message, 'return')) return { kind: 'return', id: idOf(message), value: message['return'] };
  const { event, error, data } = message;
  if (typeof event === 'string') return { kind: 'event', name: event, data: isObject(data) ? data : {} };
  if (isObject(error)) {
    return { kind: 'error', id: idOf(message), errorClass: text(error['class']), description: text(error['desc']) };
  }
  throw protocolError(line);
}

export function isObject(value: unknown): value is QmpObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function parseObject(line: string): QmpObject {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (cause) {
    throw protocolError(line, cause);
  }
  if (!isObject(value)) throw protocolError(line);
  return value;
}

function idOf({ id }: QmpObject): number | undefined {
  return typeof id === 'number' ? id : undefined;
}

/** `7.2.22`, or empty where the greeting does not say. */
function greetingVersion(greeting: unknown): string {
  const version = isObject(greeting) && isObject(greeting['version']) ? greeting['version']['qemu'] : undefined;
  if (!isObject(version)) return '';
  const { major, minor, micro } = version;
  return [major, minor, micro].every((part) => typeof part === 'number')
    ? `${String(major)}.${String(minor)}.${String(micro)}`
    : '';
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function protocolError(line: string, cause?: unknown): QemuError {
  const shown = JSON.stringify(line.slice(0, 200));
  return new QemuError('qmp_protocol', `not a message of a QMP server: ${shown}`, { cause });
}
