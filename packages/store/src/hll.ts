import { addToHll, createHll, type Filter, formatHll, getHllOffset as getOffset } from '@nostrata/protocol';

/** A NIP-45 HyperLogLog value in the making. */
export interface HllCounter {
  /** Counts the author of an event. */
  add(pubkey: string): void;
  /** The registers as 512 hex digits. */
  toHex(): string;
}

/** The byte of a pubkey at which NIP-45 reads for this filter, or undefined where the NIP gives none. */
export function getHllOffset(filter: Filter): number | undefined {
  return getOffset(filter) ?? undefined;
}

/** The counter for a filter that has an offset. */
export function createHllCounter(offset: number): HllCounter {
  const registers = createHll();
  return {
    add: (pubkey) => addToHll(registers, pubkey, offset),
    toHex: () => formatHll(registers),
  };
}
