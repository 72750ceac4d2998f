import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type GuestIdentity, seedCapability } from './seed.ts';
import { Host, image, only, Steps, vm } from './testing.ts';

let host: Host;
let generated: number;
let written: GuestIdentity[];
beforeEach(() => {
  host = new Host();
  generated = 0;
  written = [];
  mkdirSync(host.files.directory, { recursive: true });
});
afterEach(() => host[Symbol.dispose]());

function make() {
  const capability = seedCapability({
    network: { gateway: '172.30.0.1', prefixLength: 16, mtu: 1400 },
    filesOf: host.filesOf,
    clientPublicKey: 'ssh-ed25519 CLIENT',
    generateHostKey: () => {
      generated += 1;
      return { privateKey: `private ${generated}\n`, publicKey: `ssh-ed25519 HOST${generated}\n` };
    },
    writeSeed: async (path, identity) => {
      written.push(identity);
      writeFileSync(path, 'seed');
    },
  });
  return { steps: new Steps(capability), write: only(capability.start?.({ vm, image })) };
}

describe('the seed', () => {
  it('says who the guest is', async () => {
    const { steps, write } = make();
    await steps.do(write);
    expect(written).toEqual([
      {
        hostname: 'vm-1',
        address: '172.30.0.1/16',
        gateway: '172.30.0.1',
        resolver: '172.30.0.1',
        mtu: 1400,
        machineId: vm.id + vm.id,
        authorizedKeys: ['ssh-ed25519 CLIENT'],
        hostKey: { privateKey: 'private 1\n', publicKey: 'ssh-ed25519 HOST1' },
      },
    ]);
    expect(written[0]?.machineId).toMatch(/^[0-9a-f]{32}$/);
  });

  it('has a host key that is made once, kept private, and not in the journal', async () => {
    const { steps, write } = make();
    const output = await steps.do(write);
    expect(output).toEqual({ hostPublicKey: 'ssh-ed25519 HOST1' });
    expect(JSON.stringify([write.intent, output])).not.toContain('private');
    expect(statSync(host.files.hostKey).mode & 0o777).toBe(0o600);
    expect(await make().steps.do(write)).toEqual(output);
    expect(generated).toBe(1);
    expect(written[1]?.hostKey).toMatchObject({ privateKey: 'private 1\n' });
  });

  it('keeps the host key when a start is undone', async () => {
    const { steps, write } = make();
    await steps.do(write);
    await steps.undo(write);
    await steps.undo(write);
    expect(() => statSync(host.files.seed)).toThrow();
    expect(await steps.observe(write)).toEqual({ hostPublicKey: 'ssh-ed25519 HOST1' });
    expect(readFileSync(host.files.hostKey, 'utf8')).toBe('private 1\n');
  });

  it('has another key when a crash came between its two halves', async () => {
    const { steps, write } = make();
    await steps.do(write);
    rmSync(host.files.hostKeyPublic);
    expect(await steps.observe(write)).toBeUndefined();
    expect(await steps.do(write)).toEqual({ hostPublicKey: 'ssh-ed25519 HOST2' });
    expect(readFileSync(host.files.hostKey, 'utf8')).toBe('private 2\n');
  });
});
