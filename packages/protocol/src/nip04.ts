import { cbc } from '@noble/ciphers/aes.js';
import { decodeBase64 } from './base64.ts';
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
