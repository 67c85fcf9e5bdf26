import { InvalidError } from './errors.ts';

/** Characters that one call writes at most: more arguments than this overflow the stack of some engines. */
const chunkBytes = 8_192;

/** Writes bytes as base64 with padding (RFC 4648). */
export function encodeBase64(bytes: Uint8Array): string {
  const parts: string[] = [];
  for (let at = 0; at < bytes.length; at += chunkBytes) {
    parts.push(String.fromCharCode(...bytes.subarray(at, at + chunkBytes)));
  }
  return btoa(parts.join(''));
}

/**
 * Reads base64 with padding and nothing else in it (RFC 4648).
 * @throws InvalidError where it is malformed
 */
export function decodeBase64(text: string): Uint8Array {
  // `atob` overlooks white space and missing padding.
  if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) throw new InvalidError('text is not base64');
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let at = 0; at < binary.length; at++) bytes[at] = binary.charCodeAt(at);
  return bytes;
}
