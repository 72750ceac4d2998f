import { BangerError } from '../errors.ts';
import type { ImageFiles, ImageRecord } from '../images/types.ts';
import type { CreateVmLease, VmLease } from '../locks/types.ts';
import type { OperationType } from '../ops/types.ts';
import { planStep } from '../steps.ts';
import type { VmRecord } from '../store/types.ts';
import type { VmContext } from './context.ts';
import { manifestStep } from './manifest.ts';
import { freeName } from './names.ts';
import { runningFrom } from './running.ts';
import { transition } from './states.ts';

/** Recorded parameters: everything is decided except what depends on the image and on what is free. */
export type CreateRequest = {
  readonly vmId: string;
  readonly image: string;
  readonly name: string | null;
  readonly vcpus: number;
  readonly memoryMib: number;
  readonly diskBytes: number | null;
  readonly workDiskBytes: number | null;
};

interface Prepared {
  readonly image: ImageRecord;
  readonly files: ImageFiles;
}

/** Image, reservation of name and address, provision, first start, manifest. */
export function createOperation(context: VmContext): OperationType<CreateRequest, Prepared, VmLease, CreateVmLease> {
  const { store, capabilities, images, locks } = context;
  return {
    kind: 'vm.create',
    subject: ({ vmId }) => vmId,
    onInterrupt: 'undo',
    prepareStage: 'prepare',
    enter: ({ vmId }, signal) => locks.vm(vmId, signal),
    async prepare(request, step) {
      if (request.name !== null) requireFreeName(context, request.name);
      await capabilities.preflight(step.signal);
      const image = await images.obtain(request.image, step);
      return { image, files: await images.files(image.id, step.signal) };
    },
    planning: (lease, signal) => lease.createVm(signal),
    plan(request, { image, files }, lease) {
      if (!store.images.get(image.id)) {
        throw new BangerError('image_not_found', `image ${image.name} was deleted meanwhile`, {
          remediation: 'Run the command again.',
        });
      }
      const vm = reserve(context, lease, request, { image, files });
      const start = { vm, image: files };
      return [
        ...capabilities.provision(start),
        ...capabilities.start(start),
        planStep(manifestStep(context), 'guest', { vmId: vm.id }),
      ];
    },
    commit: (record) => transition(store, record.params.vmId, 'running', runningFrom(record, context.now())),
    rollback: ({ planned, subject }) => {
      if (planned) store.vms.delete(subject);
    },
    settled: ({ params }) => context.reapIfDead(params.vmId),
  };
}

/** Chooses a free name and address and writes the row. */
function reserve(
  context: VmContext,
  lease: CreateVmLease,
  request: CreateRequest,
  { image, files }: Prepared,
): VmRecord {
  lease.assertHeld();
  const { store, addressing, defaults, adapters } = context;
  const vm: VmRecord = {
    id: request.vmId,
    name: request.name ?? freeName((name) => isTaken(context, name)),
    state: 'creating',
    stateReason: null,
    imageId: image.id,
    imageName: image.name,
    vcpus: request.vcpus,
    memoryMib: request.memoryMib,
    diskBytes: sizeFor('--disk', request.diskBytes, defaults.diskBytes, files.rootfsBytes),
    workDiskBytes: sizeFor('--work-disk', request.workDiskBytes, defaults.workDiskBytes, files.workSeedBytes),
    guestIp: freeAddress(context),
    mac: addressing.macOf(request.vmId),
    tap: addressing.tapOf(request.vmId),
    vmm: adapters.vmm,
    diskBackend: adapters.diskBackend,
    hostPublicKey: '',
    process: null,
    bootOperation: null,
    createdAt: context.now().toISOString(),
    startedAt: null,
    stoppedAt: null,
  };
  store.vms.insert(vm);
  return vm;
}

function requireFreeName(context: VmContext, name: string): void {
  if (!isTaken(context, name)) return;
  throw new BangerError('vm_name_taken', `a VM called ${name} exists already`, {
    remediation: `Choose another name, or remove it with \`banger vm delete ${name}\`.`,
  });
}

function isTaken({ store }: VmContext, name: string): boolean {
  return store.vms.match(name).some((vm) => vm.name === name);
}

function freeAddress({ store, addressing }: VmContext): string {
  const used = store.vms.usedAddresses();
  for (const address of addressing.addresses()) if (!used.has(address)) return address;
  throw new BangerError('addresses_exhausted', `all ${used.size} guest addresses are in use`, {
    remediation: 'Delete VMs that are not needed, or set a larger `network.cidr`.',
  });
}

function sizeFor(option: string, wanted: number | null, fallback: number, imageBytes: number): number {
  if (wanted === null) return Math.max(fallback, imageBytes);
  if (wanted >= imageBytes) return wanted;
  throw new BangerError('invalid_params', `${option} is smaller than the image (${imageBytes} bytes)`, {
    remediation: `Ask for at least ${Math.ceil(imageBytes / 2 ** 20)} MiB, or leave ${option} out.`,
  });
}
