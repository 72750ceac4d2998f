/** How the client should treat an error; each class has one exit status in the CLI. */
export type ErrorClass = 'usage' | 'not_found' | 'conflict' | 'unavailable' | 'cancelled' | 'host' | 'internal';

interface ErrorCodeInfo {
  readonly class: ErrorClass;
  /** JSON-RPC number, unique per code. */
  readonly rpc: number;
  /** One line for docs/errors.md: when it happens. */
  readonly when: string;
}

/** The closed list of error codes. docs/errors.md is generated from it. */
export const errorCodes = {
  parse_error: { class: 'usage', rpc: -32700, when: 'A line on the socket is not JSON.' },
  invalid_request: {
    class: 'usage',
    rpc: -32600,
    when: 'The JSON is no JSON-RPC 2.0 request, or the line or batch is too large.',
  },
  method_not_found: { class: 'usage', rpc: -32601, when: 'The daemon has no such method.' },
  invalid_params: {
    class: 'usage',
    rpc: -32602,
    when: 'The parameters do not fit the method; details name each field.',
  },
  internal: { class: 'internal', rpc: -32603, when: 'A defect in banger; the log has the cause.' },
  protocol_mismatch: { class: 'usage', rpc: 1001, when: 'CLI and daemon speak different protocol versions.' },
  handshake_required: { class: 'usage', rpc: 1002, when: 'The first call on a connection was not `handshake`.' },
  overloaded: {
    class: 'unavailable',
    rpc: 1003,
    when: 'A client or the daemon has too much in flight (calls, tickets, connections).',
  },
  ticket_invalid: { class: 'usage', rpc: 1004, when: 'A stream ticket is unknown, was used already, or has expired.' },
  shutting_down: { class: 'unavailable', rpc: 1005, when: 'The daemon is closing and takes no new work.' },
  daemon_unreachable: {
    class: 'unavailable',
    rpc: 1006,
    when: 'No daemon answers on the socket (reported by the client).',
  },
  permission_denied: { class: 'host', rpc: 1007, when: 'The user may not use the socket, a file or a host facility.' },
  config_invalid: {
    class: 'usage',
    rpc: 1100,
    when: 'The configuration file cannot be used; the message names key and line.',
  },
  daemon_already_running: { class: 'conflict', rpc: 1101, when: 'Another daemon holds the state directory.' },
  state_corrupt: { class: 'host', rpc: 1102, when: 'The database cannot be read, or is of a newer version.' },
  path_too_long: { class: 'usage', rpc: 1103, when: 'A socket path would exceed the 107 bytes that Linux allows.' },
  vm_not_found: { class: 'not_found', rpc: 1200, when: 'No VM has this name or id.' },
  vm_ambiguous: { class: 'usage', rpc: 1201, when: 'A prefix fits several VMs.' },
  vm_name_taken: { class: 'conflict', rpc: 1202, when: 'Another VM has this name.' },
  vm_wrong_state: {
    class: 'conflict',
    rpc: 1203,
    when: 'The VM is in a state that does not allow this; the message says what is possible.',
  },
  vm_died: { class: 'host', rpc: 1204, when: 'The VMM ended while something still needed it.' },
  image_not_found: { class: 'not_found', rpc: 1300, when: 'No local image and no catalog entry has this name.' },
  image_in_use: { class: 'conflict', rpc: 1301, when: 'VMs still use the image.' },
  image_build_failed: {
    class: 'host',
    rpc: 1302,
    when: 'Pulling or building the image failed; details have the last lines of the tool.',
  },
  image_corrupt: { class: 'host', rpc: 1303, when: 'A file of the image does not match its recorded digest.' },
  operation_not_found: { class: 'not_found', rpc: 1400, when: 'No such operation is known (any more).' },
  operation_cancelled: { class: 'cancelled', rpc: 1401, when: 'The operation was cancelled and undone.' },
  operation_interrupted: {
    class: 'unavailable',
    rpc: 1402,
    when: 'The daemon ended during the operation; it was undone on the next start.',
  },
  idempotency_conflict: {
    class: 'conflict',
    rpc: 1403,
    when: 'The idempotency key was used before with other parameters.',
  },
  undo_incomplete: {
    class: 'host',
    rpc: 1404,
    when: 'Something could not be undone; details list what is left. It is tried again on the next start.',
  },
  guest_unreachable: { class: 'unavailable', rpc: 1500, when: 'The guest did not answer before the deadline.' },
  guest_command_failed: { class: 'host', rpc: 1501, when: 'A command that banger itself ran in the guest failed.' },
  prerequisite_missing: {
    class: 'host',
    rpc: 1600,
    when: 'The host lacks a program or facility; details list all of them with their remedies.',
  },
  network_conflict: {
    class: 'conflict',
    rpc: 1601,
    when: 'Bridge name, address range or a foreign firewall rule is in the way.',
  },
  addresses_exhausted: { class: 'conflict', rpc: 1602, when: 'The address range has no free guest address.' },
  disk_full: { class: 'host', rpc: 1603, when: 'Too little free space for what is asked.' },
  command_failed: { class: 'host', rpc: 1604, when: 'A host command failed; details have its last output lines.' },
  timeout: { class: 'unavailable', rpc: 1605, when: 'Something did not happen before its deadline.' },
} as const satisfies Record<string, ErrorCodeInfo>;

export type ErrorCode = keyof typeof errorCodes;

/** The data of a JSON-RPC error object. */
export interface WireError {
  readonly code: ErrorCode;
  readonly message: string;
  /** What the user can do about it, when the message does not say it already. */
  readonly remediation?: string;
  readonly details?: Readonly<Record<string, unknown>>;
}
