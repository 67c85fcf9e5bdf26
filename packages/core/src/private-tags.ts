import {
  formatPrivateTags,
  getListEncryption,
  parsePrivateTags,
  type Tag,
  type UnsignedEvent,
} from '@nostrata/protocol';
import type { Signer } from './contract.ts';
import { SignerError } from './errors.ts';

/**
 * The private part of an own list (NIP-51), decrypted by its author's signer: by NIP-44, or by NIP-04 where it is old.
 * Empty where there is none.
 * @throws SignerError where the signer is not the author's, cannot decrypt or refuses
 * @throws InvalidError where what is in it is no list of tags
 */
export async function readPrivateTags(event: UnsignedEvent, signer: Signer): Promise<Tag[]> {
  // The mark of encryptions to come (NIP-44): taken for nothing, they would be written over.
  if (event.content.startsWith('#')) throw new SignerError('unsupported', 'the list is encrypted in an unknown way');
  const encryption = getListEncryption(event.content);
  if (encryption === 'none') return [];
  const pubkey = await signer.getPublicKey();
  if (pubkey !== event.pubkey)
    throw new SignerError('unsupported', 'only the author can read the private part of a list');
  const decrypt = encryption === 'nip44' ? signer.nip44Decrypt : signer.nip04Decrypt;
  if (!decrypt) throw new SignerError('unsupported', `this signer cannot decrypt (${encryption})`);
  return parsePrivateTags(await decrypt.call(signer, pubkey, event.content));
}

/**
 * The content of a list with this private part, encrypted by NIP-44 to its author's own key; empty without any tag.
 * @throws SignerError where the signer cannot encrypt or refuses
 */
export async function writePrivateTags(tags: readonly Tag[], signer: Signer): Promise<string> {
  if (tags.length === 0) return '';
  if (!signer.nip44Encrypt) throw new SignerError('unsupported', 'this signer cannot encrypt (NIP-44)');
  return await signer.nip44Encrypt(await signer.getPublicKey(), formatPrivateTags(tags));
}
