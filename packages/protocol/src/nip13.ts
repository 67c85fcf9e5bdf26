import type { NostrEvent, UnsignedEvent } from './event.ts';

/** The number of leading zero bits of an id in hex (NIP-13). */
export function getDifficulty(id: string): number {
  let bits = 0;
  for (const digit of id) {
    const value = Number.parseInt(digit, 16);
    if (value === 0) {
      bits += 4;
      continue;
    }
    return bits + Math.clz32(value) - 28;
  }
  return bits;
}

/**
 * The difficulty that the author committed to: the third part of the only `nonce` tag. 0 without a commitment, with a
 * malformed one and with several `nonce` tags, of which a spammer could choose the luckiest.
 */
export function getCommittedDifficulty(event: UnsignedEvent): number {
  const nonces = event.tags.filter((tag) => tag[0] === 'nonce');
  const commitment = nonces.length === 1 ? nonces[0]?.[2] : undefined;
  return commitment !== undefined && /^[0-9]{1,3}$/.test(commitment) ? Number(commitment) : 0;
}

/** The difficulty that counts: the commitment where the id fulfils it, else 0. Luck beyond the commitment is not credited. */
export function getProvenDifficulty(event: NostrEvent): number {
  const committed = getCommittedDifficulty(event);
  return getDifficulty(event.id) >= committed ? committed : 0;
}
