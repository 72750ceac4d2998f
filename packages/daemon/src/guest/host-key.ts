import { generateKeyPair, type KeyPair } from './key-pair.ts';

/** The SSH host key of one VM, made before its first boot, so that nothing is trusted from the network. */
export function generateHostKey(): KeyPair {
  return generateKeyPair('banger-guest');
}
