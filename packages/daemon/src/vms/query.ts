import type { Result } from '@banger/api-types';
import type { Store, VmRecord } from '../store/types.ts';

type Summary = Result<'vm.list'>['vms'][number];
type Details = Result<'vm.show'>;

export interface Describing {
  readonly stagesOf: (operationId: string) => Details['boot'];
  readonly accelerator: string;
  readonly directoryOf: (vmId: string) => string;
}

export function listVms(store: Store): Summary[] {
  return store.vms.list().map(summaryOf);
}

export function describeVm(vm: VmRecord, { stagesOf, accelerator, directoryOf }: Describing): Details {
  return {
    ...summaryOf(vm),
    stateReason: vm.stateReason,
    imageId: vm.imageId,
    diskBytes: vm.diskBytes,
    workDiskBytes: vm.workDiskBytes,
    mac: vm.mac,
    tap: vm.tap,
    vmm: vm.vmm,
    accelerator,
    disk: vm.diskBackend,
    pid: vm.process?.pid ?? null,
    directory: directoryOf(vm.id),
    startedAt: vm.startedAt,
    stoppedAt: vm.stoppedAt,
    boot: vm.bootOperation === null ? [] : stagesOf(vm.bootOperation),
  };
}

function summaryOf({ id, name, state, imageName, vcpus, memoryMib, guestIp, createdAt }: VmRecord): Summary {
  return { id, name, state, image: imageName, vcpus, memoryMib, guestIp, createdAt };
}
