import { cbc } from '@noble/ciphers/aes.js';
import { randomBytes, utf8ToBytes } from '@noble/hashes/utils.js';
import { decodeBase64, encodeBase64 } from './base64.ts';
import { getSharedX } from './ecdh.ts';
import { InvalidError } from './errors.ts';
import { nip44PayloadCharactersMax } from './limits.ts';

/**
 * Decrypts an old direct message (kind 4) or the private part of an old list (NIP-04). Only for reading what is there:
 * the scheme hides little and authenticates nothing, so what it gives may have been tampered with.
 * @throws InvalidError where it is malformed, too long, or not meant for this key
 */
export function decryptNip04(payload: string, secret: Uint8Array, pubkey: string): string {
  if (payload.length > nip44PayloadCharactersMax) throw new InvalidError('payload is too long');
  const [text, vector, ...rest] = payload.split('?iv=');
  if (text === undefined || vector === undefined || rest.length > 0) {
    throw new InvalidError('payload has no initialization vector');
  }
  const iv = decodeBase64(vector);
  const ciphertext = decodeBase64(text);
  if (iv.length !== 16 || ciphertext.length === 0) throw new InvalidError('payload has a wrong length');
  const key = getSharedX(secret, pubkey);
  try {
    const bytes = cbc(key, iv).decrypt(ciphertext);
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    throw new InvalidError('payload is not meant for this key', { cause: error });
  }
}

/**
 * Encrypts a text in the old way (NIP-04), for wallet services that know no other (NIP-47). Nothing else may be written
 * with it: whoever carries the payload can change it unseen.
 * @param iv 16 bytes that were never used before with this key; from the system's generator unless a test gives it
 * @throws InvalidError where the secret is out of range or the pubkey is no point on the curve
 */
export function encryptNip04(
  plaintext: string,
  parties: { readonly secret: Uint8Array; readonly pubkey: string },
  iv: Uint8Array = randomBytes(16),
): string {
  if (iv.length !== 16) throw new InvalidError('initialization vector does not have 16 bytes');
  const ciphertext = cbc(getSharedX(parties.secret, parties.pubkey), iv).encrypt(utf8ToBytes(plaintext));
  return `${encodeBase64(ciphertext)}?iv=${encodeBase64(iv)}`;
}
