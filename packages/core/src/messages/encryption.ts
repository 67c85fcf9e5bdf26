import type { EncryptingSigner } from '@nostrata/protocol';
import type { Signer } from '../contract.ts';
import { SignerError } from '../errors.ts';

/**
 * The signer as wrapping and opening need it.
 * @throws SignerError `unsupported` where it cannot encrypt
 */
export function requireEncryption(signer: Signer): EncryptingSigner {
  const { nip44Encrypt, nip44Decrypt } = signer;
  if (!nip44Encrypt || !nip44Decrypt) {
    throw new SignerError('unsupported', 'direct messages need a signer that can encrypt (NIP-44)');
  }
  return {
    getPublicKey: () => signer.getPublicKey(),
    signEvent: (event) => signer.signEvent(event),
    nip44Encrypt: (pubkey, plaintext) => nip44Encrypt.call(signer, pubkey, plaintext),
    nip44Decrypt: (pubkey, payload) => nip44Decrypt.call(signer, pubkey, payload),
  };
}
