import { createHash } from 'node:crypto';
import { type Filter, isHex64 } from '@nostrata/protocol';

/** Registers of a NIP-45 HyperLogLog value. */
const registers = 256;

/** A NIP-45 HyperLogLog value in the making. */
export interface HllCounter {
  /** Counts the author of an event. */
  add(pubkey: string): void;
  /** The registers as 512 hex digits. */
  toHex(): string;
}

/**
 * The byte of a pubkey at which NIP-45 reads for this filter, or undefined where the NIP gives none: the filter has
 * no tag condition, or several, whose order an object does not keep for certain.
 */
export function getHllOffset(filter: Filter): number | undefined {
  const conditions = Object.values(filter.tags ?? {});
  const value = conditions[0]?.[0];
  if (conditions.length !== 1 || value === undefined) return undefined;
  const digit = hexOf(value)[32];
  return digit === undefined ? undefined : Number.parseInt(digit, 16) + 8;
}

/** The counter for a filter that has an offset. */
export function createHllCounter(offset: number): HllCounter {
  const values = new Uint8Array(registers);
  return {
    add(pubkey) {
      const index = Number.parseInt(pubkey.slice(2 * offset, 2 * offset + 2), 16);
      const rank = countLeadingZeros(pubkey, offset + 1) + 1;
      if (rank > (values[index] ?? 0)) values[index] = rank;
    },
    toHex: () => Buffer.from(values).toString('hex'),
  };
}

/** The 64 hex digits that stand for a tag value: an id or pubkey itself, an address's pubkey, else its SHA-256. */
function hexOf(value: string): string {
  if (isHex64(value)) return value;
  const pubkey = /^[0-9]+:([0-9a-f]{64}):/.exec(value)?.[1];
  return pubkey ?? createHash('sha256').update(value, 'utf8').digest('hex');
}

function countLeadingZeros(hex: string, byte: number): number {
  let zeros = 0;
  for (let i = 2 * byte; i < hex.length; i += 1) {
    const digit = Number.parseInt(hex[i] ?? '0', 16);
    if (digit !== 0) return zeros + Math.clz32(digit) - 28;
    zeros += 4;
  }
  return zeros;
}
