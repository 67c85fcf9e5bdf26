import type { Fingerprint } from './fingerprint.ts';

/** Fingerprints that were added lately: always the newest `max`, and up to as many before them. */
export interface FingerprintSet {
  has(fingerprint: Fingerprint): boolean;
  add(fingerprint: Fingerprint): void;
  readonly size: number;
}

/** Creates an empty set of two generations of `max` each; its tables grow with what is in them. */
export function createFingerprintSet(max: number): FingerprintSet {
  let young = createTable(max);
  let old = createTable(1);
  return {
    has: (fingerprint) => young.has(fingerprint) || old.has(fingerprint),
    add(fingerprint) {
      if (young.size >= max) {
        old = young;
        young = createTable(max);
      }
      young.add(fingerprint);
    },
    get size() {
      return young.size + old.size;
    },
  };
}

const slotsMin = 1_024;

/** A table with open addressing, at most half full: two words to a slot, both zero where it is free. */
function createTable(max: number) {
  let slots = Math.min(slotsMin, slotsFor(max));
  let words = new Uint32Array(slots * 2);
  let size = 0;

  /** The place of the fingerprint, or the free place where it would stand. */
  const find = (high: number, low: number): number => {
    const mask = slots - 1;
    for (let slot = (high ^ low) & mask; ; slot = (slot + 1) & mask) {
      const at = slot * 2;
      const there = words[at];
      const beside = words[at + 1];
      if ((there === high && beside === low) || (there === 0 && beside === 0)) return at;
    }
  };
  const grow = (): void => {
    const before = words;
    slots *= 2;
    words = new Uint32Array(slots * 2);
    for (let at = 0; at < before.length; at += 2) {
      const high = before[at] as number;
      const low = before[at + 1] as number;
      if (high === 0 && low === 0) continue;
      const place = find(high, low);
      words[place] = high;
      words[place + 1] = low;
    }
  };
  return {
    get size() {
      return size;
    },
    has({ high, low }: Fingerprint): boolean {
      const wanted = high === 0 && low === 0 ? 1 : low;
      const place = find(high, wanted);
      return words[place] === high && words[place + 1] === wanted;
    },
    add({ high, low }: Fingerprint): void {
      const wanted = high === 0 && low === 0 ? 1 : low;
      if (size * 2 >= slots) grow();
      const place = find(high, wanted);
      if (words[place] === high && words[place + 1] === wanted) return;
      words[place] = high;
      words[place + 1] = wanted;
      size++;
    },
  };
}

/** The least power of two of which `max` is at most the half. */
function slotsFor(max: number): number {
  return 2 ** Math.ceil(Math.log2(Math.max(2, max * 2)));
}
