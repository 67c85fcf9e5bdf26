import { getListEncryption } from '@nostrata/protocol';

/** The part of a list that only its author can read: the author's signer opens it, `parsePrivateTags` reads the rest. */
export interface PrivatePart {
  readonly encryption: 'nip04' | 'nip44';
  /** Base64, as it is in the event. */
  readonly ciphertext: string;
}

/** The content of a list as it is kept: nothing but ciphertext. */
export function toPrivatePart(content: string): string {
  return getListEncryption(content) === 'none' ? '' : content;
}

/** The private part as a field of an answer, where there is one. */
export function fromPrivatePart(content: string): { readonly private?: PrivatePart } {
  const encryption = getListEncryption(content);
  return encryption === 'none' ? {} : { private: { encryption, ciphertext: content } };
}
