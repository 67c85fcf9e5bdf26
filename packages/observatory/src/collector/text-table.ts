import type { Fingerprint } from './fingerprint.ts';

/** An event that a text stands for. */
export interface KnownText extends Fingerprint {
  readonly createdAt: number;
}

/** Which events texts stand for, of the newest `max` texts and up to as many before them. */
export interface TextTable {
  find(text: Fingerprint): KnownText | undefined;
  add(text: Fingerprint, known: KnownText): void;
  readonly size: number;
}

/** Creates an empty table of two generations; each grows with what is in it. */
export function createTextTable(max: number): TextTable {
  let young = createGeneration();
  let old = createGeneration();
  return {
    find: (text) => young.find(text) ?? old.find(text),
    add(text, known) {
      if (young.size >= max) {
        old = young;
        young = createGeneration();
      }
      young.add(text, known);
    },
    get size() {
      return young.size + old.size;
    },
  };
}

const slotsMin = 1_024;
/** Words of a slot: the text's fingerprint, the event's, and its second in two parts. */
const wide = 6;
const half = 0x1_0000_0000;

/** Open addressing, at most half full; a slot whose first two words are zero is free. */
function createGeneration() {
  let slots = slotsMin;
  let words = new Uint32Array(slots * wide);
  let size = 0;
  const place = (high: number, low: number): number => {
    const mask = slots - 1;
    for (let slot = (high ^ low) & mask; ; slot = (slot + 1) & mask) {
      const at = slot * wide;
      if ((words[at] === high && words[at + 1] === low) || (words[at] === 0 && words[at + 1] === 0)) return at;
    }
  };
  const grow = (): void => {
    const before = words;
    slots *= 2;
    words = new Uint32Array(slots * wide);
    for (let at = 0; at < before.length; at += wide) {
      const [high = 0, low = 0] = [before[at], before[at + 1]];
      if (high !== 0 || low !== 0) words.set(before.subarray(at, at + wide), place(high, low));
    }
  };
  return {
    get size() {
      return size;
    },
    find({ high, low }: Fingerprint): KnownText | undefined {
      const at = place(high, low);
      if (words[at] !== high || words[at + 1] !== low || (high === 0 && low === 0)) return undefined;
      const createdAt = (words[at + 4] as number) * half + (words[at + 5] as number);
      return { high: words[at + 2] as number, low: words[at + 3] as number, createdAt };
    },
    add({ high, low }: Fingerprint, known: KnownText): void {
      // One text of 2^64 stands for no event: it is parsed each time.
      if (high === 0 && low === 0) return;
      if (size * 2 >= slots) grow();
      const at = place(high, low);
      if (words[at] === 0 && words[at + 1] === 0) size++;
      const { createdAt } = known;
      words.set([high, low, known.high, known.low, Math.floor(createdAt / half), createdAt % half], at);
    },
  };
}
