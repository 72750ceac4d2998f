import { generateKeyPairSync, randomBytes } from 'node:crypto';

export interface KeyPair {
  /** OpenSSH private key file, not encrypted. */
  readonly privateKey: string;
  /** OpenSSH public key line, without a newline. */
  readonly publicKey: string;
}

const KEY_TYPE = 'ssh-ed25519';

/**
 * A new ed25519 key pair in OpenSSH's format, see PROTOCOL.key in its sources.
 * Not ssh2's generator: one of 200 of its ed25519 keys cannot be read (it drops a leading zero byte).
 */
export function generateKeyPair(comment: string): KeyPair {
  const jwk = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' });
  const publicKey = Buffer.from(jwk.x ?? '', 'base64url');
  const secret = Buffer.from(jwk.d ?? '', 'base64url');
  const publicBlob = Buffer.concat([field(KEY_TYPE), field(publicKey)]);
  const body = Buffer.concat([
    Buffer.from('openssh-key-v1\0'),
    field('none'), // cipher
    field('none'), // key derivation
    field(''), // its options
    uint32(1),
    field(publicBlob),
    field(privateSection(publicKey, secret, comment)),
  ]);
  const lines = body.toString('base64').match(/.{1,70}/g) ?? [];
  return {
    privateKey: ['-----BEGIN OPENSSH PRIVATE KEY-----', ...lines, '-----END OPENSSH PRIVATE KEY-----', ''].join('\n'),
    publicKey: `${KEY_TYPE} ${publicBlob.toString('base64')} ${comment}`,
  };
}

function privateSection(publicKey: Buffer, secret: Buffer, comment: string): Buffer {
  const check = randomBytes(4);
  const key = [field(KEY_TYPE), field(publicKey), field(Buffer.concat([secret, publicKey])), field(comment)];
  const section = Buffer.concat([check, check, ...key]);
  // padded with 1, 2, 3 ... to the block size of `none`
  const padding = Uint8Array.from({ length: (8 - (section.length % 8)) % 8 }, (_, index) => index + 1);
  return Buffer.concat([section, padding]);
}

function field(content: string | Buffer): Buffer {
  const bytes = Buffer.from(content);
  return Buffer.concat([uint32(bytes.length), bytes]);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** The key itself of an OpenSSH public key line, as it goes over the wire; undefined where it is no such line. */
export function publicKeyBlob(line: string): Buffer | undefined {
  const [type = '', base64 = ''] = line.trim().split(/\s+/);
  const blob = Buffer.from(base64, 'base64');
  return type !== '' && blob.subarray(0, 4 + type.length).equals(field(type)) ? blob : undefined;
}
