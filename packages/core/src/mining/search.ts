import { sha256 } from '@noble/hashes/sha2.js';
import { utf8ToBytes } from '@noble/hashes/utils.js';
import { idPreimage, type Tag, type UnsignedEvent } from '@nostrata/protocol';

/** What a search for a nonce works on: the text that is hashed, in two parts around the nonce. */
export interface NonceSearch {
  readonly before: string;
  readonly after: string;
  /** Leading zero bits. */
  readonly difficulty: number;
}

/** What a search tells, and what ends it. */
export interface SearchOptions {
  readonly signal?: AbortSignal | undefined;
  /** Called now and then with the hashes done so far; 2^difficulty are needed on average. */
  readonly onMining?: ((hashes: number) => void) | undefined;
}

/** Stands for the nonce until one is found; no event holds it by chance. */
const placeholder = 'nonce-f5d0b1c9e2';

/** Adds the nonce tag with its commitment (NIP-13) in place of those that are there. */
export function withNonce<T extends { readonly tags: readonly Tag[] }>(event: T, nonce: string, difficulty: number): T {
  const others = event.tags.filter(([name]) => name !== 'nonce');
  return { ...event, tags: [...others, ['nonce', nonce, String(difficulty)]] };
}

/** Prepares the search of an event. */
export function toSearch(event: UnsignedEvent, difficulty: number): NonceSearch {
  const [before = '', after = ''] = idPreimage(withNonce(event, placeholder, difficulty)).split(placeholder);
  return { before, after, difficulty };
}

/**
 * Tries so many nonces from `start` on; the first that gives the difficulty, or undefined. What stands before the nonce
 * is hashed once.
 */
export function searchNonces(
  { before, after, difficulty }: NonceSearch,
  start: number,
  count: number,
): number | undefined {
  const head = sha256.create().update(utf8ToBytes(before));
  const tail = utf8ToBytes(after);
  for (let nonce = start; nonce < start + count; nonce += 1) {
    const digest = head
      .clone()
      .update(utf8ToBytes(String(nonce)))
      .update(tail)
      .digest();
    if (leadingZeroBits(digest) >= difficulty) return nonce;
  }
  return undefined;
}

function leadingZeroBits(bytes: Uint8Array): number {
  let bits = 0;
  for (const byte of bytes) {
    if (byte !== 0) return bits + Math.clz32(byte) - 24;
    bits += 8;
  }
  return bits;
}
