/** A finished local image; files are read-only and shared by all VMs. */
export interface ImageRecord {
  /** First 16 hex digits of the digest. */
  readonly id: string;
  /** Canonical name, `debian:13`. The newest image of a name is the one a ref by name means. */
  readonly name: string;
  /** `sha256:<64 hex>` of the root file system. */
  readonly digest: string;
  readonly sizeBytes: number;
  readonly storedBytes: number;
  readonly kernelVersion: string;
  readonly createdAt: string;
}

export interface ImageFiles {
  /** ext4, raw. */
  readonly rootfsPath: string;
  readonly rootfsBytes: number;
  /** ext4, raw: the first content of a VM's work disk (/root). */
  readonly workSeedPath: string;
  readonly workSeedBytes: number;
  /** ELF vmlinux (PVH). */
  readonly kernelPath: string;
  readonly initramfsPath: string;
}
