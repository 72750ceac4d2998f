import { readFile, rm } from 'node:fs/promises';
import { writeFileAtomic } from '../atomic-file.ts';
import type { StepType } from '../ops/types.ts';
import { anyStep, planStep } from '../steps.ts';
import type { Capability, VmFiles } from './types.ts';

/** What differs per VM, as the guest's init reads it from the seed disk. */
export interface GuestIdentity {
  readonly hostname: string;
  /** Guest address with prefix length, `172.30.0.2/16`. */
  readonly address: string;
  readonly gateway: string;
  readonly resolver: string;
  readonly mtu: number;
  readonly machineId: string;
  readonly authorizedKeys: readonly string[];
  readonly hostKey: HostKey;
}

export interface HostKey {
  /** OpenSSH private key, PEM. */
  readonly privateKey: string;
  /** OpenSSH public key line. */
  readonly publicKey: string;
}

export interface SeedCapabilityOptions {
  readonly network: { readonly gateway: string; readonly prefixLength: number; readonly mtu: number };
  readonly filesOf: (vmId: string) => VmFiles;
  /** The daemon's own public key line: only it may log in. */
  readonly clientPublicKey: string;
  readonly generateHostKey: () => HostKey;
  readonly writeSeed: (path: string, identity: GuestIdentity) => Promise<void>;
}

type SeedIntent = { readonly vmId: string; readonly hostname: string; readonly guestIp: string };

/**
 * The seed disk, written anew before each start. The host key is made once per VM and never leaves its directory
 * but for the seed, so it is not in the journal.
 */
export function seedCapability(options: SeedCapabilityOptions): Capability {
  const { network, filesOf, clientPublicKey, generateHostKey, writeSeed } = options;
  const write: StepType<SeedIntent, { hostPublicKey: string }> = {
    name: 'seed.write',
    async do({ vmId, hostname, guestIp }) {
      const files = filesOf(vmId);
      const hostKey = await keepHostKey(files, generateHostKey);
      await writeSeed(files.seed, {
        hostname,
        address: `${guestIp}/${network.prefixLength}`,
        gateway: network.gateway,
        resolver: network.gateway,
        mtu: network.mtu,
        // Two ids of 64 bits make a machine id; the VM's own comes twice, so it is stable for its life.
        machineId: vmId + vmId,
        authorizedKeys: [clientPublicKey],
        hostKey,
      });
      return { hostPublicKey: hostKey.publicKey };
    },
    // The host key stays: it is the VM's identity until its directory goes.
    undo: ({ vmId }) => rm(filesOf(vmId).seed, { force: true }),
    observe: ({ vmId }) => readHostPublicKey(filesOf(vmId)),
  };
  return {
    name: 'seed',
    after: ['directory'],
    stepTypes: [anyStep(write)],
    start: ({ vm }) => [planStep(write, 'disks', { vmId: vm.id, hostname: vm.name, guestIp: vm.guestIp })],
  };
}

async function keepHostKey(files: VmFiles, generate: () => HostKey): Promise<HostKey> {
  const kept = await readHostPublicKey(files);
  if (kept) return { privateKey: await readFile(files.hostKey, 'utf8'), publicKey: kept.hostPublicKey };
  const { privateKey, publicKey } = generate();
  const made = { privateKey, publicKey: publicKey.trim() };
  await writeFileAtomic(files.hostKey, made.privateKey);
  // Written last: its presence means that the pair is complete, also after a power cut.
  await writeFileAtomic(files.hostKeyPublic, made.publicKey);
  return made;
}

async function readHostPublicKey(files: VmFiles): Promise<{ hostPublicKey: string } | undefined> {
  const line = await readFile(files.hostKeyPublic, 'utf8').catch(() => '');
  return line.trim() === '' ? undefined : { hostPublicKey: line.trim() };
}
