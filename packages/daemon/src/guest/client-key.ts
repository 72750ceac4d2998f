import { randomBytes } from 'node:crypto';
import { link, open, readFile, rename, unlink } from 'node:fs/promises';
import ssh2 from 'ssh2';
import { BangerError } from '../errors.ts';
import { generateKeyPair, type KeyPair } from './key-pair.ts';

/**
 * The daemon's own key, with which it logs into its guests: made when it is missing, never replaced. Its public line
 * is kept beside it under `.pub`. Two callers at once get the same key.
 * @throws BangerError state_corrupt when the file holds no key that we can use.
 */
export async function ensureClientKey(path: string): Promise<KeyPair> {
  const privateKey = (await readKey(path)) ?? (await makeKey(path));
  const publicKey = publicLine(path, privateKey);
  const kept = await readKey(`${path}.pub`);
  if (kept?.trim() !== publicKey) await rename(await writeBeside(`${path}.pub`, `${publicKey}\n`), `${path}.pub`);
  return { privateKey, publicKey };
}

async function makeKey(path: string): Promise<string> {
  const { privateKey } = generateKeyPair('banger');
  const temporary = await writeBeside(path, privateKey);
  try {
    // link fails where rename would replace: a key that someone else made meanwhile stays
    await link(temporary, path);
    return privateKey;
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
    return await readFile(path, 'utf8');
  } finally {
    await unlink(temporary);
  }
}

/** A file of a name of its own, so that two writers do not meet. */
async function writeBeside(path: string, content: string): Promise<string> {
  const temporary = `${path}.${randomBytes(6).toString('hex')}`;
  const file = await open(temporary, 'wx', 0o600);
  try {
    await file.writeFile(content);
    await file.datasync();
  } finally {
    await file.close();
  }
  return temporary;
}

function publicLine(path: string, privateKey: string): string {
  const key = ssh2.utils.parseKey(privateKey);
  if (key instanceof Error || !key.isPrivateKey()) {
    throw new BangerError('state_corrupt', `${path} holds no private key that can be used`, {
      remediation: 'Restore it from a backup. Without it banger cannot log into the VMs that exist.',
      ...(key instanceof Error ? { cause: key } : {}),
    });
  }
  return `${key.type} ${key.getPublicSSH().toString('base64')} banger`;
}

async function readKey(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}
