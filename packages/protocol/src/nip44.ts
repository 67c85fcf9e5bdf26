import { chacha20 } from '@noble/ciphers/chacha.js';
import { expand, extract } from '@noble/hashes/hkdf.js';
import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { concatBytes, randomBytes, utf8ToBytes } from '@noble/hashes/utils.js';
import { decodeBase64, encodeBase64 } from './base64.ts';
import { getSharedX } from './ecdh.ts';
import { InvalidError } from './errors.ts';
import { nip44PayloadCharactersMax } from './limits.ts';

/** Lengths from which on the prefix has six bytes instead of two. */
const longBytes = 65_536;

/** Version, nonce and MAC around the padded text. */
const overheadBytes = 1 + 32 + 32;

/**
 * The key that two people share for all messages between them (NIP-44): the same from either side. Compute it once per
 * pair where many messages are read; it takes about a millisecond.
 * @param secret 32 bytes
 * @throws InvalidError where the secret is out of range or the pubkey is no point on the curve
 */
export function getConversationKey(secret: Uint8Array, pubkey: string): Uint8Array {
  return extract(sha256, getSharedX(secret, pubkey), utf8ToBytes('nip44-v2'));
}

/**
 * Encrypts a text of at least one byte (NIP-44 version 2), as base64.
 * @param nonce 32 bytes that were never used before with this key; from the system's generator unless a test gives it
 * @throws InvalidError where the text is empty or longer than 4,294,967,295 bytes
 */
export function encryptNip44(
  plaintext: string,
  conversationKey: Uint8Array,
  nonce: Uint8Array = randomBytes(32),
): string {
  const keys = getMessageKeys(conversationKey, nonce);
  const ciphertext = chacha20(keys.cipherKey, keys.cipherNonce, pad(utf8ToBytes(plaintext)));
  const mac = hmac(sha256, keys.macKey, concatBytes(nonce, ciphertext));
  return encodeBase64(concatBytes(Uint8Array.of(2), nonce, ciphertext, mac));
}

/**
 * Decrypts a payload (NIP-44 version 2). The signature of the event that carried it must have been checked before.
 * @param payloadCharactersMax longer payloads are refused before anything is decoded; 1,000,000 unless told
 * @throws InvalidError where it is malformed, too long, of another version, or not meant for this key
 */
export function decryptNip44(
  payload: string,
  conversationKey: Uint8Array,
  payloadCharactersMax = nip44PayloadCharactersMax,
): string {
  const bytes = decodePayload(payload, payloadCharactersMax);
  const nonce = bytes.slice(1, 33);
  const ciphertext = bytes.slice(33, -32);
  const keys = getMessageKeys(conversationKey, nonce);
  const mac = hmac(sha256, keys.macKey, concatBytes(nonce, ciphertext));
  if (!equalInConstantTime(mac, bytes.slice(-32))) throw new InvalidError('payload has a wrong MAC');
  return unpad(chacha20(keys.cipherKey, keys.cipherNonce, ciphertext));
}

/** Bytes to which a text of so many bytes is filled up, without its length prefix. */
export function getPaddedLength(bytes: number): number {
  if (bytes <= 32) return 32;
  const nextPower = 2 ** (32 - Math.clz32(bytes - 1));
  const chunk = nextPower <= 256 ? 32 : nextPower / 8;
  return chunk * (Math.floor((bytes - 1) / chunk) + 1);
}

interface MessageKeys {
  readonly cipherKey: Uint8Array;
  readonly cipherNonce: Uint8Array;
  readonly macKey: Uint8Array;
}

/** The keys of one message. */
export function getMessageKeys(conversationKey: Uint8Array, nonce: Uint8Array): MessageKeys {
  if (conversationKey.length !== 32) throw new InvalidError('conversation key does not have 32 bytes');
  if (nonce.length !== 32) throw new InvalidError('nonce does not have 32 bytes');
  const keys = expand(sha256, conversationKey, nonce, 76);
  return { cipherKey: keys.slice(0, 32), cipherNonce: keys.slice(32, 44), macKey: keys.slice(44) };
}

function pad(text: Uint8Array): Uint8Array {
  const length = text.length;
  if (length < 1 || length > 0xffff_ffff) throw new InvalidError('text has no byte or too many');
  const prefixBytes = length < longBytes ? 2 : 6;
  const padded = new Uint8Array(prefixBytes + getPaddedLength(length));
  const view = new DataView(padded.buffer);
  if (prefixBytes === 2) view.setUint16(0, length);
  else view.setUint32(2, length);
  padded.set(text, prefixBytes);
  return padded;
}

function unpad(padded: Uint8Array): string {
  const view = new DataView(padded.buffer, padded.byteOffset, padded.byteLength);
  const short = view.getUint16(0);
  const prefixBytes = short === 0 ? 6 : 2;
  const length = short === 0 ? view.getUint32(2) : short;
  const isCanonical = short !== 0 || length >= longBytes;
  if (!isCanonical || padded.length !== prefixBytes + getPaddedLength(length)) {
    throw new InvalidError('payload is padded wrongly');
  }
  try {
    const text = padded.subarray(prefixBytes, prefixBytes + length);
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(text);
  } catch (error) {
    throw new InvalidError('payload does not hold text', { cause: error });
  }
}

function decodePayload(payload: string, charactersMax: number): Uint8Array {
  if (payload.startsWith('#')) throw new InvalidError('payload is of an unknown encryption version');
  if (payload.length < 132) throw new InvalidError('payload is too short');
  if (payload.length > charactersMax) throw new InvalidError(`payload is longer than ${charactersMax} characters`);
  const bytes = decodeBase64(payload);
  if (bytes[0] !== 2) throw new InvalidError('payload is of an unknown encryption version');
  if (bytes.length < overheadBytes + 34) throw new InvalidError('payload is too short');
  return bytes;
}

/** Takes the same time wherever the two differ, so that a MAC cannot be guessed byte by byte. */
function equalInConstantTime(one: Uint8Array, other: Uint8Array): boolean {
  let difference = one.length ^ other.length;
  for (const [index, byte] of one.entries()) difference |= byte ^ (other[index] ?? 0);
  return difference === 0;
}
