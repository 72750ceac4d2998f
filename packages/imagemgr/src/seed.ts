import { open, rename, rm } from 'node:fs/promises';
import { isIPv4 } from 'node:net';
import { pack } from 'tar-stream';
import { ImageError } from './errors.ts';

/** What differs per VM: its identity, its address and who may log in. */
export interface SeedSpec {
  readonly hostname: string;
  /** IPv4 address with prefix length, `172.30.0.2/16`. */
  readonly address: string;
  readonly gateway: string;
  readonly resolver: string;
  /** Bytes. */
  readonly mtu: number;
  /** OpenSSH public key lines. */
  readonly authorizedKeys: readonly string[];
  readonly hostKey: SeedHostKey;
  /** 32 hex digits; the guest makes one at its first boot when there is none. */
  readonly machineId?: string;
}

export interface SeedHostKey {
  /** OpenSSH private key, PEM. */
  readonly privateKey: string;
  /** OpenSSH public key line. */
  readonly publicKey: string;
}

/** The init refuses a seed of another format: raise it when a field changes its meaning. */
export const SEED_FORMAT = 1;

/**
 * Writes a seed disk: a raw tar, read by our init from the block device. Atomic, mode 0600. Members:
 * `seed.conf` (`key=value` lines, format first), `ssh/host_key`, `ssh/host_key.pub`, `ssh/authorized_keys`.
 * @throws ImageError `invalid` when a field cannot be what it should be
 */
export async function writeSeed(path: string, spec: SeedSpec): Promise<void> {
  const archive = await seedArchive(spec);
  const staging = `${path}.new`;
  try {
    await using file = await open(staging, 'w', 0o600);
    await file.writeFile(archive);
    await file.datasync();
    await rename(staging, path);
  } catch (error) {
    await rm(staging, { force: true });
    throw error;
  }
}

/** The bytes of a seed disk; the same spec gives the same bytes. */
export async function seedArchive(spec: SeedSpec): Promise<Buffer> {
  checkSeed(spec);
  const archive = pack();
  const add = (name: string, mode: number, text: string) => {
    archive.entry({ name, mode, uid: 0, gid: 0, mtime: new Date(0) }, text);
  };
  add('seed.conf', 0o600, seedConf(spec));
  archive.entry({ name: 'ssh', type: 'directory', mode: 0o700, uid: 0, gid: 0, mtime: new Date(0) });
  add('ssh/host_key', 0o600, line(spec.hostKey.privateKey));
  add('ssh/host_key.pub', 0o644, line(spec.hostKey.publicKey));
  add('ssh/authorized_keys', 0o600, spec.authorizedKeys.map(line).join(''));
  archive.finalize();
  const parts: Uint8Array[] = [];
  for await (const part of archive) parts.push(part as Uint8Array);
  return Buffer.concat(parts);
}

function seedConf(spec: SeedSpec): string {
  const fields = {
    format: SEED_FORMAT,
    hostname: spec.hostname,
    address: spec.address,
    gateway: spec.gateway,
    resolver: spec.resolver,
    mtu: spec.mtu,
    ...(spec.machineId !== undefined && { machine_id: spec.machineId }),
  };
  return Object.entries(fields)
    .map(([key, value]) => `${key}=${value}\n`)
    .join('');
}

function line(text: string): string {
  return `${text.trimEnd()}\n`;
}

const rules: readonly { readonly what: string; readonly fits: (spec: SeedSpec) => boolean }[] = [
  { what: 'hostname: 1 to 63 letters, digits and inner hyphens', fits: ({ hostname }) => isHostname(hostname) },
  { what: 'address: IPv4 with prefix length', fits: ({ address }) => isCidr(address) },
  { what: 'gateway: IPv4', fits: ({ gateway }) => isIPv4(gateway) },
  { what: 'resolver: IPv4', fits: ({ resolver }) => isIPv4(resolver) },
  { what: 'mtu: 576 to 65535', fits: ({ mtu }) => Number.isInteger(mtu) && mtu >= 576 && mtu <= 65_535 },
  {
    what: 'machineId: 32 hex digits',
    fits: ({ machineId }) => machineId === undefined || /^[\da-f]{32}$/.test(machineId),
  },
  {
    what: 'authorizedKeys: one line each',
    fits: ({ authorizedKeys }) => authorizedKeys.every((key) => isKeyLine(key)),
  },
  { what: 'hostKey.publicKey: one line', fits: ({ hostKey }) => isKeyLine(hostKey.publicKey) },
  {
    what: 'hostKey.privateKey: OpenSSH PEM',
    fits: ({ hostKey }) => hostKey.privateKey.startsWith('-----BEGIN OPENSSH PRIVATE KEY-----'),
  },
];

/** The guest's init reads these in a shell: nothing else may pass. */
function checkSeed(spec: SeedSpec): void {
  const broken = rules.filter(({ fits }) => !fits(spec)).map(({ what }) => what);
  if (broken.length > 0) throw new ImageError('invalid', `cannot write a seed: expected ${broken.join('; ')}`);
}

function isHostname(text: string): boolean {
  return /^[a-z\d]([a-z\d-]{0,61}[a-z\d])?$/i.test(text);
}

function isCidr(text: string): boolean {
  const [address = '', prefix = '', ...rest] = text.split('/');
  return rest.length === 0 && isIPv4(address) && /^([1-9]|[12]\d|3[0-2])$/.test(prefix);
}

function isKeyLine(text: string): boolean {
  return /^[^\r\n\0]+\n?$/.test(text) && text.trim() !== '';
}
