import { isHex64 } from '@nostrata/protocol';
import type { Signer } from '../contract.ts';
import { SignerError } from '../errors.ts';

/**
 * Stands for somebody whose key is not here: looks on and signs nothing. Everything but `getPublicKey` throws
 * `SignerError` with the fault `read-only`.
 * @throws SignerError `invalid` where it is no pubkey
 */
export function createReadOnlySigner(pubkey: string): Signer & Required<Pick<Signer, 'nip44Encrypt' | 'nip44Decrypt'>> {
  if (!isHex64(pubkey)) throw new SignerError('invalid', 'pubkey is not 64 lower-case hex digits');
  const refuse = async (what: string): Promise<never> => {
    throw new SignerError('read-only', `${what} needs a signer; this account is only looked at`);
  };
  return {
    getPublicKey: async () => pubkey,
    signEvent: () => refuse('signing'),
    nip44Encrypt: () => refuse('encrypting'),
    nip44Decrypt: () => refuse('decrypting'),
    nip04Decrypt: () => refuse('decrypting'),
  };
}
