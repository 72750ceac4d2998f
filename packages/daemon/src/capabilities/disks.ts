import type { CloneSpec, Disk, DiskBackend } from '../disks/port.ts';
import type { StepType } from '../ops/types.ts';
import { anyStep, forwardStep, planStep } from '../steps.ts';
import type { VmRecord } from '../store/types.ts';
import type { Capability, VmFiles } from './types.ts';

type CloneIntent = { readonly backend: string } & { readonly [K in keyof CloneSpec]: CloneSpec[K] };
type DiskOutput = { readonly [K in keyof Disk]: Disk[K] };

export interface DiskCapabilityOptions {
  /** Every backend that a VM of this host may have been made with, by kind. */
  readonly backends: ReadonlyMap<string, DiskBackend>;
  readonly filesOf: (vmId: string) => VmFiles;
  readonly tagOf: (vmId: string) => string;
}

/** Whole copies of a large image on a slow disk take minutes. */
const CLONE_TIMEOUT_MS = 30 * 60_000;

/** Root and work disk, cloned once from the image. A VM keeps its backend for life. */
export function disksCapability({ backends, filesOf, tagOf }: DiskCapabilityOptions): Capability {
  const backendOf = (kind: string): DiskBackend => {
    const backend = backends.get(kind);
    if (!backend) throw new Error(`no disk backend is called ${kind}`);
    return backend;
  };
  const cloneStep = (name: string): StepType<CloneIntent, DiskOutput> => ({
    name,
    timeoutMs: () => CLONE_TIMEOUT_MS,
    do: ({ backend, ...spec }, { signal }) =>
      backendOf(backend)
        .clone(spec, signal)
        .then(({ path, format }) => ({ path, format })),
    undo: ({ backend, ...spec }, _output, signal) => backendOf(backend).remove(spec, signal),
    observe: ({ backend, ...spec }) => backendOf(backend).find(spec),
  });
  const root = cloneStep('disk.root');
  const work = cloneStep('disk.work');
  const remove = forwardStep('disk.remove', async ({ backend, ...spec }: CloneIntent, { signal }) => {
    await backendOf(backend).remove(spec, signal);
    return null;
  });
  const intent = (vm: VmRecord, basePath: string, originPath: string, sizeBytes: number): CloneIntent => ({
    backend: vm.diskBackend,
    originPath,
    basePath,
    sizeBytes,
    tag: tagOf(vm.id),
  });
  return {
    name: 'disks',
    after: ['directory'],
    stepTypes: [anyStep(root), anyStep(work), anyStep(remove)],
    provision: ({ vm, image }) => [
      planStep(root, 'disks', intent(vm, filesOf(vm.id).rootDisk, image.rootfsPath, vm.diskBytes)),
      planStep(work, 'disks', intent(vm, filesOf(vm.id).workDisk, image.workSeedPath, vm.workDiskBytes)),
    ],
    destroy: (vm) => [
      // A removal needs no origin: the image may be gone already.
      planStep(remove, 'disks', intent(vm, filesOf(vm.id).workDisk, '', vm.workDiskBytes)),
      planStep(remove, 'disks', intent(vm, filesOf(vm.id).rootDisk, '', vm.diskBytes)),
    ],
  };
}
