import { spawnSync } from 'node:child_process';
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import ssh2 from 'ssh2';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ensureClientKey } from './client-key.ts';
import { generateHostKey } from './host-key.ts';
import { generateKeyPair, publicKeyBlob } from './key-pair.ts';

let directory = '';
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'banger-key-'));
});
afterEach(async () => {
  await rm(directory, { recursive: true });
});

describe('generateKeyPair', () => {
  it('makes keys that can always be read, and whose halves belong together', () => {
    for (let n = 0; n < 600; n += 1) {
      const pair = generateKeyPair('x');
      const secret = ssh2.utils.parseKey(pair.privateKey);
      const open = ssh2.utils.parseKey(pair.publicKey);
      if (secret instanceof Error || open instanceof Error) throw new Error(pair.privateKey);
      expect(open.verify(Buffer.from('text'), secret.sign(Buffer.from('text')))).toBe(true);
      expect(publicKeyBlob(pair.publicKey)?.equals(open.getPublicSSH())).toBe(true);
    }
  });

  it.skipIf(spawnSync('ssh-keygen', ['-?']).error !== undefined)('is what OpenSSH takes for a key', async () => {
    const pair = generateHostKey();
    const path = join(directory, 'key');
    await writeFile(path, pair.privateKey, { mode: 0o600 });
    const { stdout } = spawnSync('ssh-keygen', ['-y', '-f', path], { encoding: 'utf8' });
    expect(stdout.trim()).toBe(pair.publicKey);
  });

  it('knows what is no public key line', () => {
    for (const line of ['', 'ssh-ed25519', 'ssh-ed25519 AAAA', 'ssh-rsa AAAAC3NzaC1lZDI1NTE5AAAAIA==']) {
      expect(publicKeyBlob(line)).toBeUndefined();
    }
  });
});

describe('ensureClientKey', () => {
  it('makes the key once, readable by its owner only', async () => {
    const path = join(directory, 'client_key');
    const made = await ensureClientKey(path);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await readFile(path, 'utf8')).toBe(made.privateKey);
    expect(await readFile(`${path}.pub`, 'utf8')).toBe(`${made.publicKey}\n`);
    expect(await ensureClientKey(path)).toEqual(made);
    expect((await readdir(directory)).toSorted()).toEqual(['client_key', 'client_key.pub']);
  });

  it('gives the same key to callers that come together', async () => {
    const path = join(directory, 'client_key');
    const keys = await Promise.all(Array.from({ length: 8 }, () => ensureClientKey(path)));
    expect(new Set(keys.map((key) => key.privateKey)).size).toBe(1);
    expect(await readdir(directory)).toHaveLength(2);
  });

  it('writes a lost public half again', async () => {
    const path = join(directory, 'client_key');
    const made = await ensureClientKey(path);
    await rm(`${path}.pub`);
    await ensureClientKey(path);
    expect(await readFile(`${path}.pub`, 'utf8')).toBe(`${made.publicKey}\n`);
  });

  it('refuses a file that is no key, and does not replace it', async () => {
    const path = join(directory, 'client_key');
    await writeFile(path, 'not a key');
    await chmod(path, 0o600);
    await expect(ensureClientKey(path)).rejects.toMatchObject({ code: 'state_corrupt' });
    expect(await readFile(path, 'utf8')).toBe('not a key');
  });
});
