import type { NostrEvent } from '@nostrata/protocol';

/** 64 bits that stand for an event. */
export interface Fingerprint {
  readonly high: number;
  readonly low: number;
}

/** Computes fingerprints with the key of an installation. */
export interface Fingerprinter {
  /** Of everything that an event says, signature included, so that a copy with another word is another event. */
  ofEvent(event: NostrEvent): Fingerprint;
  /** Of the characters of a text from there on. */
  ofText(text: string, from: number): Fingerprint;
}

/** The key must be the same for all collectors of an installation, as they read each other's fingerprints. */
export function createFingerprinter(key: Fingerprint): Fingerprinter {
  return new KeyedFingerprinter(key);
}

/** Two lanes of multiplication, other in factor and order of steps, with the bits mixed at the end. */
class KeyedFingerprinter implements Fingerprinter {
  readonly #key: Fingerprint;
  #high = 0;
  #low = 0;

  constructor(key: Fingerprint) {
    this.#key = key;
  }

  ofEvent(event: NostrEvent): Fingerprint {
    this.#high = this.#key.high;
    this.#low = this.#key.low;
    this.#text(event.id);
    this.#text(event.sig);
    this.#text(event.pubkey);
    this.#number(event.kind);
    this.#number(event.created_at % 0x1_0000_0000);
    this.#number(Math.floor(event.created_at / 0x1_0000_0000));
    this.#text(event.content);
    for (const tag of event.tags) {
      this.#number(tag.length);
      for (const value of tag) this.#text(value);
    }
    return finish(this.#high, this.#low);
  }

  ofText(text: string, from: number): Fingerprint {
    this.#high = this.#key.low;
    this.#low = this.#key.high;
    this.#text(text, from);
    return finish(this.#high, this.#low);
  }

  /** Four characters a step, as two words: a step costs the same for four as for one. */
  #text(text: string, from = 0): void {
    let high = this.#high;
    let low = this.#low;
    const { length } = text;
    const whole = length - ((length - from) % 4);
    let index = from;
    for (; index < whole; index += 4) {
      const first = text.charCodeAt(index) | (text.charCodeAt(index + 1) << 16);
      const second = text.charCodeAt(index + 2) | (text.charCodeAt(index + 3) << 16);
      high = Math.imul(high ^ first, 0x01000193) + second;
      high = Math.imul(high ^ (high >>> 15), 0x85ebca6b);
      low = Math.imul(((low << 7) | (low >>> 25)) ^ second, 0x9e3779b1) + first;
      low ^= low >>> 13;
    }
    for (; index < length; index++) {
      const unit = text.charCodeAt(index);
      high = Math.imul(high ^ unit, 0x01000193);
      low = Math.imul(((low << 7) | (low >>> 25)) ^ unit, 0x9e3779b1);
    }
    this.#high = high;
    this.#low = low;
    // The length separates a text from its neighbour.
    this.#number(length - from);
  }

  #number(value: number): void {
    this.#high = Math.imul(this.#high ^ value, 0x85ebca6b) + 1;
    this.#low = (Math.imul((this.#low << 9) | (this.#low >>> 23), 0xc2b2ae35) + value) | 0;
  }
}

/** The fingerprint of an event at a relay. */
export function ofPair({ high, low }: Fingerprint, relay: number): Fingerprint {
  const salt = Math.imul(relay + 1, 0x9e3779b1);
  return finish(high ^ salt, low ^ Math.imul(salt, 0x85ebca6b));
}

/** A number for maps: the first 53 of the 64 bits. */
export function toKey({ high, low }: Fingerprint): number {
  return high * 0x20_0000 + (low >>> 11);
}

function finish(high: number, low: number): Fingerprint {
  const first = mix(high ^ Math.imul(low, 0x27d4eb2f));
  return { high: first, low: mix(low ^ Math.imul(first, 0x165667b1)) };
}

/** Every bit of the word decides about every other (MurmurHash3). */
function mix(word: number): number {
  let mixed = word ^ (word >>> 16);
  mixed = Math.imul(mixed, 0x85ebca6b);
  mixed ^= mixed >>> 13;
  mixed = Math.imul(mixed, 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

/** Fingerprints as bytes, eight each. */
export function packFingerprints(fingerprints: readonly Fingerprint[]): Uint8Array {
  const bytes = new Uint8Array(fingerprints.length * 8);
  const view = new DataView(bytes.buffer);
  fingerprints.forEach(({ high, low }, index) => {
    view.setUint32(index * 8, high);
    view.setUint32(index * 8 + 4, low);
  });
  return bytes;
}

/** The fingerprints that were packed. */
export function unpackFingerprints(bytes: Uint8Array): Fingerprint[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: Math.floor(bytes.byteLength / 8) }, (_, index) => {
    return { high: view.getUint32(index * 8), low: view.getUint32(index * 8 + 4) };
  });
}
