import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';

/** SHA-256 of a text in UTF-8, in lower-case hex. */
export function sha256Hex(text: string): string {
  return bytesToHex(sha256(utf8ToBytes(text)));
}

/** Knows whether what runs now was begun within a certain work; browsers cannot tell, and take it to be so. */
export function createScope() {
  return { run: <T>(work: () => Promise<T>): Promise<T> => work(), isInside: (): boolean => true };
}
