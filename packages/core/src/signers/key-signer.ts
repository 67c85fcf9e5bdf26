import {
  decryptNip04,
  decryptNip44,
  encryptNip44,
  getConversationKey,
  getPublicKey,
  InvalidError,
  signEvent,
} from '@nostrata/protocol';
import type { Signer } from '../contract.ts';
import { SignerError } from '../errors.ts';

/** A signer that can also encrypt, as direct messages and private lists need it. */
export type FullSigner = Signer & Required<Pick<Signer, 'nip44Encrypt' | 'nip44Decrypt' | 'nip04Decrypt' | 'stop'>>;

/**
 * A signer that holds a secret key in memory. `stop` overwrites the key; after that every request is refused.
 * @param secret 32 bytes, which are copied
 * @throws SignerError `invalid` where it is no secret key
 */
export function createKeySigner(secret: Uint8Array): FullSigner {
  const key = Uint8Array.from(secret);
  const pubkey = translate(() => getPublicKey(key));
  let isStopped = false;
  const act = async <T>(action: () => T): Promise<T> => {
    if (isStopped) throw new SignerError('unreachable', 'signer has been stopped');
    return translate(action);
  };
  return {
    getPublicKey: () => act(() => pubkey),
    signEvent: ({ kind, created_at, tags, content }) => act(() => signEvent({ kind, created_at, tags, content }, key)),
    nip44Encrypt: (other, plaintext) => act(() => encryptNip44(plaintext, getConversationKey(key, other))),
    nip44Decrypt: (other, payload) => act(() => decryptNip44(payload, getConversationKey(key, other))),
    nip04Decrypt: (other, payload) => act(() => decryptNip04(payload, key, other)),
    async stop() {
      isStopped = true;
      key.fill(0);
    },
  };
}

function translate<T>(action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (!(error instanceof InvalidError)) throw error;
    throw new SignerError('invalid', error.message, { cause: error });
  }
}
