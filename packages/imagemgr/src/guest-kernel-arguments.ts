/** Where the guest's init finds its drives. */
export interface GuestDrives {
  readonly root: string;
  readonly seed: string;
  /** Mounted at /root; a guest without one keeps the root file system's. */
  readonly work?: string;
}

const defaultDrives: GuestDrives = { root: '/dev/vda', seed: '/dev/vdb', work: '/dev/vdc' };

/** What our init and the guest's user space need to be told by the kernel command line, beside what the VMM needs. */
export function guestKernelArguments(drives: GuestDrives = defaultDrives): readonly string[] {
  return [
    `banger.root=${drives.root}`,
    `banger.seed=${drives.seed}`,
    ...(drives.work === undefined ? [] : [`banger.work=${drives.work}`]),
    // The interface that the init has set up keeps its name.
    'net.ifnames=0',
  ];
}
