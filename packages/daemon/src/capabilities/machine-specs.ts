import type { Disk, DiskBackend } from '../disks/port.ts';
import type { ImageFiles } from '../images/types.ts';
import type { VmRecord } from '../store/types.ts';
import type { DriveSpec, MachineSpec, Vmm } from '../vmm/port.ts';
import type { VmFiles } from './types.ts';

export type MachineIntent = { readonly [K in keyof Omit<MachineSpec, 'drives'>]: MachineSpec[K] } & {
  readonly drives: readonly { readonly [K in keyof DriveSpec]: DriveSpec[K] }[];
};

export interface MachineSpecOptions {
  readonly vmm: Pick<Vmm, 'kernelArguments'>;
  readonly backends: ReadonlyMap<string, Pick<DiskBackend, 'locate'>>;
  readonly filesOf: (vmId: string) => VmFiles;
  readonly tagOf: (vmId: string) => string;
  /** What our init in the guest needs to find its drives. */
  readonly guestKernelArguments: readonly string[];
}

/** The machine that a VM's record and image describe. All names are chosen before anything acts. */
export function machineIntent(options: MachineSpecOptions, vm: VmRecord, image: ImageFiles): MachineIntent {
  const { vmm, backends, filesOf, tagOf, guestKernelArguments } = options;
  const files = filesOf(vm.id);
  const disk = (id: string, basePath: string): DriveSpec => {
    const located: Disk | undefined = backends.get(vm.diskBackend)?.locate(basePath);
    if (!located) throw new Error(`no disk backend is called ${vm.diskBackend}`);
    return { id, readOnly: false, path: located.path, format: located.format };
  };
  return {
    vmId: vm.id,
    tag: tagOf(vm.id),
    directory: files.directory,
    vcpus: vm.vcpus,
    memoryMib: vm.memoryMib,
    kernelPath: image.kernelPath,
    initramfsPath: image.initramfsPath,
    kernelArguments: [...vmm.kernelArguments, ...guestKernelArguments],
    // The guest's init relies on this order: vda, vdb, vdc.
    drives: [
      disk('root', files.rootDisk),
      { id: 'seed', path: files.seed, format: 'raw', readOnly: true },
      disk('work', files.workDisk),
    ],
    tap: vm.tap,
    mac: vm.mac,
  };
}
