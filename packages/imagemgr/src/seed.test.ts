import { execFileSync } from 'node:child_process';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import fc from 'fast-check';
import { extract } from 'tar-stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type SeedSpec, seedArchive, writeSeed } from './seed.ts';

const spec: SeedSpec = {
  hostname: 'keen-otter',
  address: '172.30.0.2/16',
  gateway: '172.30.0.1',
  resolver: '172.30.0.1',
  mtu: 1500,
  machineId: '0123456789abcdef0123456789abcdef',
  authorizedKeys: ['ssh-ed25519 AAAA daemon', 'ssh-ed25519 BBBB user\n'],
  hostKey: {
    privateKey: '-----BEGIN OPENSSH PRIVATE KEY-----\nxyz\n-----END OPENSSH PRIVATE KEY-----',
    publicKey: 'ssh-ed25519 CCCC',
  },
};

async function members(archive: Buffer): Promise<Record<string, { mode: string; text: string }>> {
  const found: Record<string, { mode: string; text: string }> = {};
  for await (const entry of Readable.from([archive]).pipe(extract())) {
    const parts: Buffer[] = [];
    for await (const part of entry) parts.push(part as Buffer);
    found[entry.header.name] = { mode: (entry.header.mode ?? 0).toString(8), text: Buffer.concat(parts).toString() };
  }
  return found;
}

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'seed-'));
});
afterEach(() => rm(directory, { recursive: true }));

describe('a seed', () => {
  it('holds what the init reads, with modes that sshd accepts', async () => {
    expect(await members(await seedArchive(spec))).toEqual({
      'seed.conf': {
        mode: '600',
        text: 'format=1\nhostname=keen-otter\naddress=172.30.0.2/16\ngateway=172.30.0.1\nresolver=172.30.0.1\nmtu=1500\nmachine_id=0123456789abcdef0123456789abcdef\n',
      },
      ssh: { mode: '700', text: '' },
      'ssh/host_key': { mode: '600', text: `${spec.hostKey.privateKey}\n` },
      'ssh/host_key.pub': { mode: '644', text: 'ssh-ed25519 CCCC\n' },
      'ssh/authorized_keys': { mode: '600', text: 'ssh-ed25519 AAAA daemon\nssh-ed25519 BBBB user\n' },
    });
  });

  it('is private, whole sectors, and replaces what was there', async () => {
    const path = join(directory, 'seed.tar');
    await writeSeed(path, spec);
    await writeSeed(path, spec);
    const { mode, size } = await stat(path);
    expect(mode & 0o777).toBe(0o600);
    expect(size % 512).toBe(0);
    expect(await readdir(directory)).toEqual(['seed.tar']);
  });

  it.each<[string, Partial<SeedSpec>]>([
    ['hostname', { hostname: 'a b' }],
    ['hostname', { hostname: 'x\ny' }],
    ['address', { address: '172.30.0.2' }],
    ['address', { address: '172.30.0.2/33' }],
    ['gateway', { gateway: '::1' }],
    ['mtu', { mtu: 10 }],
    ['machineId', { machineId: 'xyz' }],
    ['authorizedKeys', { authorizedKeys: ['a\nb'] }],
    ['privateKey', { hostKey: { privateKey: 'secret', publicKey: 'p' } }],
  ])('refuses a %s that it cannot be', async (field, change) => {
    await expect(seedArchive({ ...spec, ...change })).rejects.toThrow(field);
  });

  it('lets no text become another line of seed.conf', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string(), async (text) => {
        const archive = await seedArchive({ ...spec, hostname: text, gateway: spec.gateway }).catch(() => undefined);
        if (archive) expect((await members(archive))['seed.conf']?.text.split('\n')).toHaveLength(8);
      }),
      { seed: 11, numRuns: 200 },
    );
  });

  it.skipIf(!hasBusybox())('is read by the tar of busybox', async () => {
    const path = join(directory, 'seed.tar');
    await writeSeed(path, spec);
    execFileSync('busybox', ['tar', '-xf', path, '-C', directory]);
    expect((await stat(join(directory, 'ssh'))).mode & 0o777).toBe(0o700);
    expect((await stat(join(directory, 'ssh/host_key'))).mode & 0o777).toBe(0o600);
  });
});

function hasBusybox(): boolean {
  try {
    execFileSync('busybox', ['true']);
    return true;
  } catch {
    return false;
  }
}
