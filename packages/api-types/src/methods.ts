import { z } from 'zod';
import type { ErrorCode } from './errors.ts';
import { operationId, ticket } from './schemas/common.ts';
import { daemonStatus, doctorReport, handshakeParams, handshakeResult } from './schemas/daemon.ts';
import { image, imageChangeParams, imageList, imageRefParams } from './schemas/image.ts';
import { begun, operation } from './schemas/operation.ts';
import { changeParams, createParams, execParams, refParams, stopParams, vm, vmSummary } from './schemas/vm.ts';

export interface MethodSpec {
  readonly summary: string;
  readonly params: z.ZodType;
  readonly result: z.ZodType;
  /** What it may answer beside the errors that every call may answer. */
  readonly errors: readonly ErrorCode[];
}

const none = z.strictObject({});
const vmRefErrors = ['vm_not_found', 'vm_ambiguous'] as const;
const changeErrors = [...vmRefErrors, 'vm_wrong_state', 'idempotency_conflict'] as const;

/** Every method of the daemon. Dispatcher, typed client and docs/rpc.md follow from this table. */
export const methods = {
  handshake: {
    summary: 'First call on a connection: agree on the protocol version.',
    params: handshakeParams,
    result: handshakeResult,
    errors: ['protocol_mismatch'],
  },
  'daemon.status': {
    summary: 'What the daemon is and how it is doing.',
    params: none,
    result: daemonStatus,
    errors: [],
  },
  'daemon.stop': {
    summary: 'Close the daemon; VMs go on running.',
    params: none,
    result: z.object({ pid: z.int() }),
    errors: [],
  },
  doctor: {
    summary: 'Check the host and say what is wrong and how to mend it.',
    params: none,
    result: doctorReport,
    errors: [],
  },
  'op.status': {
    summary: 'An operation; with `afterVersion` it waits for a change, at most `waitMs`.',
    params: z.strictObject({
      operation: operationId,
      afterVersion: z.int().nonnegative().optional(),
      waitMs: z.int().min(0).max(60_000).optional(),
    }),
    result: operation,
    errors: ['operation_not_found'],
  },
  'op.cancel': {
    summary: 'Cancel an operation; it is undone. Answers at once, `op.status` tells when it is over.',
    params: z.strictObject({ operation: operationId }),
    result: operation,
    errors: ['operation_not_found'],
  },
  'vm.create': {
    summary: 'Make a VM and start it; pulls the image when needed.',
    params: createParams,
    result: begun,
    errors: [
      'vm_name_taken',
      'image_not_found',
      'prerequisite_missing',
      'disk_full',
      'addresses_exhausted',
      'idempotency_conflict',
    ],
  },
  'vm.list': { summary: 'All VMs, by name.', params: none, result: z.object({ vms: z.array(vmSummary) }), errors: [] },
  'vm.show': { summary: 'Everything about one VM.', params: refParams, result: vm, errors: vmRefErrors },
  'vm.start': { summary: 'Start a stopped VM.', params: changeParams, result: begun, errors: changeErrors },
  'vm.stop': {
    summary: 'Ask the guest to shut down, then kill it when its grace is over.',
    params: stopParams,
    result: begun,
    errors: changeErrors,
  },
  'vm.restart': { summary: 'Stop and start again.', params: stopParams, result: begun, errors: changeErrors },
  'vm.kill': { summary: 'End the VMM at once.', params: changeParams, result: begun, errors: changeErrors },
  'vm.delete': {
    summary: 'Kill the VM if it runs and remove all that belongs to it.',
    params: changeParams,
    result: begun,
    errors: vmRefErrors,
  },
  'vm.exec': {
    summary: 'Run a command in the guest; answers a ticket for the stream that carries it.',
    params: execParams,
    result: ticket,
    errors: [...vmRefErrors, 'vm_wrong_state', 'guest_unreachable', 'overloaded'],
  },
  'image.list': { summary: 'Local images and the catalog.', params: none, result: imageList, errors: [] },
  'image.show': { summary: 'One local image.', params: imageRefParams, result: image, errors: ['image_not_found'] },
  'image.pull': {
    summary: 'Get a catalog image; concurrent pulls of one image share the work.',
    params: imageChangeParams,
    result: begun,
    errors: ['image_not_found', 'image_build_failed', 'disk_full', 'idempotency_conflict'],
  },
  'image.delete': {
    summary: 'Remove a local image that no VM uses.',
    params: imageRefParams,
    result: z.object({ freedBytes: z.int() }),
    errors: ['image_not_found', 'image_in_use'],
  },
} as const satisfies Record<string, MethodSpec>;

export type Methods = typeof methods;
export type MethodName = keyof Methods;
/** Parameters as a client writes them. */
export type Params<M extends MethodName> = z.input<Methods[M]['params']>;
/** Parameters as a handler receives them. */
export type ParsedParams<M extends MethodName> = z.output<Methods[M]['params']>;
export type Result<M extends MethodName> = z.output<Methods[M]['result']>;
