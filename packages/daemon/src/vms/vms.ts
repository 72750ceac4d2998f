import { randomBytes } from 'node:crypto';
import type { ParsedParams, Result } from '@banger/api-types';
import type { GuestAddress, GuestProcess, Guests } from '../guest/port.ts';
import type { Json } from '../ops/types.ts';
import type { Store } from '../store/types.ts';
import type { VmDefaults, VmOperations } from './context.ts';
import type { CreateRequest } from './create.ts';
import { resolveVm } from './lookup.ts';
import { type Describing, describeVm, listVms } from './query.ts';
import { requireState } from './states.ts';

type OperationView = Result<'op.status'>;

export interface VmsOptions {
  readonly store: Store;
  readonly guests: Guests;
  readonly operations: Pick<VmOperations, 'begin' | 'begunBefore'>;
  readonly addressOf: (vmId: string, guestIp: string, hostPublicKey: string) => GuestAddress;
  readonly defaults: VmDefaults;
  readonly describing: Describing;
}

/** What clients can do with VMs. Changes begin operations; reads and exec hold no lock. */
export class Vms {
  readonly #options: VmsOptions;

  constructor(options: VmsOptions) {
    this.#options = options;
  }

  create({ idempotencyKey, ...asked }: ParsedParams<'vm.create'>): OperationView {
    const { defaults, operations } = this.#options;
    const request: CreateRequest = {
      vmId: randomBytes(8).toString('hex'),
      image: asked.image,
      name: asked.name ?? null,
      vcpus: asked.vcpus ?? defaults.vcpus,
      memoryMib: asked.memoryMib ?? defaults.memoryMib,
      diskBytes: asked.diskBytes ?? null,
      workDiskBytes: asked.workDiskBytes ?? null,
    };
    return operations.begin('vm.create', request, { idempotencyKey, asked: jsonOf(asked) });
  }

  start({ vm, idempotencyKey }: ParsedParams<'vm.start'>): OperationView {
    return this.#change('vm.start', vm, {}, idempotencyKey);
  }

  stop({ vm, graceMs, idempotencyKey }: ParsedParams<'vm.stop'>): OperationView {
    return this.#change('vm.stop', vm, { graceMs: graceMs ?? this.#options.defaults.stopGraceMs }, idempotencyKey);
  }

  restart({ vm, graceMs, idempotencyKey }: ParsedParams<'vm.restart'>): OperationView {
    return this.#change('vm.restart', vm, { graceMs: graceMs ?? this.#options.defaults.stopGraceMs }, idempotencyKey);
  }

  kill({ vm, idempotencyKey }: ParsedParams<'vm.kill'>): OperationView {
    return this.#change('vm.kill', vm, { graceMs: null }, idempotencyKey);
  }

  delete({ vm, idempotencyKey }: ParsedParams<'vm.delete'>): OperationView {
    return this.#change('vm.delete', vm, {}, idempotencyKey);
  }

  list(): ReturnType<typeof listVms> {
    return listVms(this.#options.store);
  }

  show(ref: string): ReturnType<typeof describeVm> {
    return describeVm(resolveVm(this.#options.store, ref), this.#options.describing);
  }

  /** Checks what can be checked before the stream is opened; `open` runs the command. */
  exec({ vm: ref, argv, env, workdir, tty }: ParsedParams<'vm.exec'>): {
    open(signal: AbortSignal): Promise<GuestProcess>;
  } {
    const { store, guests, addressOf } = this.#options;
    const vm = resolveVm(store, ref);
    requireState(vm, ['running'], 'run a command in');
    const address = addressOf(vm.id, vm.guestIp, vm.hostPublicKey);
    const command = { argv, ...(env && { env }), ...(workdir && { workdir }), ...(tty && { tty }) };
    return { open: (signal) => guests.exec(address, command, signal) };
  }

  /** A retried call with its key means the same VM, also when its name resolves to none any more (a delete). */
  #change(
    kind: string,
    ref: string,
    extra: { readonly [key: string]: Json },
    idempotencyKey: string | undefined,
  ): OperationView {
    const { store, operations } = this.#options;
    const asked = { vm: ref, ...extra };
    const earlier = idempotencyKey === undefined ? undefined : operations.begunBefore(kind, asked, idempotencyKey);
    if (earlier) return earlier;
    const { id } = resolveVm(store, ref);
    return operations.begin(kind, { vmId: id, ...extra }, { idempotencyKey, asked });
  }
}

function jsonOf(value: object): Json {
  return JSON.parse(JSON.stringify(value)) as Json;
}
