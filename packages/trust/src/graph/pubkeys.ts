import { pubkeysInitial } from '../limits.ts';
import { grown, release } from './grown.ts';

/** 32 bytes of a pubkey as numbers of 32 bits. */
const words = 8;

/** Marks a free slot of the hash table. */
const none = 0xffffffff;

/**
 * Gives pubkeys dense numbers from 0 on, which change only by `renumber`: an open-addressed hash table over the 32 bytes. Anybody
 * may write any 64 digits into a `p` tag, so that places in the table depend on a seed nobody outside knows.
 */
export class Pubkeys {
  #keys = new Uint32Array(pubkeysInitial * words);
  #slots = new Uint32Array(pubkeysInitial * 2).fill(none);
  #size = 0;
  readonly #parsed = new Uint32Array(words);
  readonly #seed: number;

  constructor(seed: number) {
    this.#seed = seed | 0;
  }

  /** How many there are. */
  get size(): number {
    return this.#size;
  }

  /** The number of a pubkey, or -1 where it is not known or is none. */
  find(pubkey: string): number {
    if (!this.#parse(pubkey)) return -1;
    const id = this.#slots[this.#slotOf(this.#parsed, 0)] ?? none;
    return id === none ? -1 : id;
  }

  /** The number of a pubkey, a new one where it is not known; -1 for what is no pubkey, or when `max` are there. */
  add(pubkey: string, max: number): number {
    if (!this.#parse(pubkey)) return -1;
    const slot = this.#slotOf(this.#parsed, 0);
    const known = this.#slots[slot] ?? none;
    if (known !== none) return known;
    if (this.#size >= max) return -1;
    const id = this.#size;
    this.#size += 1;
    if (this.#size * words > this.#keys.length)
      this.#keys = grown(this.#keys, this.#keys.length + (this.#keys.length >>> 1));
    this.#keys.set(this.#parsed, id * words);
    this.#slots[slot] = id;
    if (this.#size * 2 > this.#slots.length) this.#rehash();
    return id;
  }

  /** The pubkey of a number below `size`, as 64 hex digits. */
  get(id: number): string {
    let text = '';
    for (let word = 0; word < words; word += 1) {
      text += (this.#keys[id * words + word] ?? 0).toString(16).padStart(8, '0');
    }
    return text;
  }

  /** Gives everybody another number: the one that stands at the place of the old one. Each is given once. */
  renumber(numbers: Uint32Array): void {
    const keys = new Uint32Array(this.#keys.length);
    for (let id = 0; id < this.#size; id += 1) {
      const from = id * words;
      keys.set(this.#keys.subarray(from, from + words), (numbers[id] ?? 0) * words);
    }
    release(this.#keys);
    this.#keys = keys;
    for (let slot = 0; slot < this.#slots.length; slot += 1) {
      const id = this.#slots[slot] ?? none;
      if (id !== none) this.#slots[slot] = numbers[id] ?? none;
    }
  }

  #parse(pubkey: string): boolean {
    if (pubkey.length !== 64) return false;
    for (let word = 0; word < words; word += 1) {
      let value = 0;
      for (let at = word * 8; at < word * 8 + 8; at += 1) {
        const code = pubkey.charCodeAt(at);
        const digit = code >= 48 && code <= 57 ? code - 48 : code >= 97 && code <= 102 ? code - 87 : -1;
        if (digit < 0) return false;
        value = (value << 4) | digit;
      }
      this.#parsed[word] = value;
    }
    return true;
  }

  /** Where the key that begins at that place stands in the table, or would stand. */
  #slotOf(source: Uint32Array, from: number): number {
    let hash = this.#seed;
    for (let word = 0; word < words; word += 1) {
      hash = Math.imul(hash ^ (source[from + word] ?? 0), 0x9e3779b1);
      hash ^= hash >>> 15;
    }
    const mask = this.#slots.length - 1;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const id = this.#slots[slot] ?? none;
      if (id === none || this.#isKey(id, source, from)) return slot;
    }
  }

  #isKey(id: number, source: Uint32Array, from: number): boolean {
    for (let word = 0; word < words; word += 1) {
      if (this.#keys[id * words + word] !== source[from + word]) return false;
    }
    return true;
  }

  #rehash(): void {
    const length = this.#slots.length * 2;
    release(this.#slots);
    this.#slots = new Uint32Array(length).fill(none);
    for (let id = 0; id < this.#size; id += 1) this.#slots[this.#slotOf(this.#keys, id * words)] = id;
  }
}
