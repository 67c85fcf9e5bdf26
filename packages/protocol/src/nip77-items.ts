import { sha256 } from '@noble/hashes/sha2.js';
import { InvalidError } from './errors.ts';
import { isHex64 } from './event.ts';

/** A border between items: everything before that second and id (whose missing bytes are 0). */
export interface Bound {
  /** Seconds; infinity for the end of everything. */
  readonly timestamp: number;
  /** 0–32 bytes. */
  readonly idPrefix: Uint8Array;
}

/** The events of one side of a negentropy sync, sorted by time and id, 40 bytes each. */
export interface SyncItems {
  readonly length: number;
  /** Adds an item; cheapest oldest first and then lowest id, which is how stores hand them out. */
  add(created_at: number, id: string): void;
  timestampAt(index: number): number;
  /** The id as 32 bytes: a view, good until the next `add`. */
  idAt(index: number): Uint8Array;
  /** The first index from `begin` on whose item is not before the bound. */
  findBound(begin: number, bound: Bound): number;
  /** The fingerprint of the items from `begin` to before `end` (NIP-77): 16 bytes. */
  fingerprint(begin: number, end: number): Uint8Array;
}

interface Arrays {
  timestamps: Float64Array;
  ids: Uint8Array;
}

/** Creates an empty list. Doubles are dropped; items that come out of order are sorted before the first read. */
export function createSyncItems(expectedItems = 1_024): SyncItems {
  let arrays = createArrays(Math.max(16, expectedItems));
  let length = 0;
  let isSorted = true;
  const sorted = (): Arrays => {
    if (!isSorted) {
      arrays = sortArrays(arrays, length);
      length = arrays.timestamps.length;
      isSorted = true;
    }
    return arrays;
  };
  return {
    get length() {
      sorted();
      return length;
    },
    add(created_at, id) {
      if (!Number.isSafeInteger(created_at) || created_at < 0 || !isHex64(id))
        throw new InvalidError('item is malformed');
      if (length === arrays.timestamps.length) arrays = resize(arrays, length + (length >> 1) + 16);
      arrays.timestamps[length] = created_at;
      writeHex(id, arrays.ids, length * 32);
      const order = length === 0 ? -1 : compareItems(arrays, length - 1, length);
      if (order === 0) return;
      if (order > 0) isSorted = false;
      length++;
    },
    timestampAt: (index) => sorted().timestamps[index] ?? Number.NaN,
    idAt: (index) => sorted().ids.subarray(index * 32, index * 32 + 32),
    findBound(begin, bound) {
      const { timestamps, ids } = sorted();
      let low = begin;
      let high = length;
      while (low < high) {
        const middle = (low + high) >>> 1;
        const difference = (timestamps[middle] as number) - bound.timestamp;
        if (difference < 0 || (difference === 0 && isBelow(ids, middle * 32, bound.idPrefix))) low = middle + 1;
        else high = middle;
      }
      return low;
    },
    fingerprint: (begin, end) => computeFingerprint(sorted().ids, begin, end),
  };
}

function createArrays(capacity: number): Arrays {
  return { timestamps: new Float64Array(capacity), ids: new Uint8Array(capacity * 32) };
}

function resize({ timestamps, ids }: Arrays, capacity: number): Arrays {
  const larger = createArrays(capacity);
  larger.timestamps.set(timestamps);
  larger.ids.set(ids);
  return larger;
}

function sortArrays(arrays: Arrays, length: number): Arrays {
  const order = new Uint32Array(length).map((_, index) => index).sort((a, b) => compareItems(arrays, a, b));
  const result = createArrays(length);
  let count = 0;
  let previous = -1;
  for (const index of order) {
    if (previous >= 0 && compareItems(arrays, previous, index) === 0) continue;
    result.timestamps[count] = arrays.timestamps[index] as number;
    result.ids.set(arrays.ids.subarray(index * 32, index * 32 + 32), count * 32);
    previous = index;
    count++;
  }
  return { timestamps: result.timestamps.slice(0, count), ids: result.ids.slice(0, count * 32) };
}

function compareItems({ timestamps, ids }: Arrays, a: number, b: number): number {
  const difference = (timestamps[a] as number) - (timestamps[b] as number);
  if (difference !== 0) return difference;
  for (let byte = 0; byte < 32; byte++) {
    const bytes = (ids[a * 32 + byte] as number) - (ids[b * 32 + byte] as number);
    if (bytes !== 0) return bytes;
  }
  return 0;
}

/** Says whether the id at that place is lower than the prefix filled up with zeros. */
function isBelow(ids: Uint8Array, at: number, prefix: Uint8Array): boolean {
  for (let byte = 0; byte < prefix.length; byte++) {
    const difference = (ids[at + byte] as number) - (prefix[byte] as number);
    if (difference !== 0) return difference < 0;
  }
  return false;
}

/** Sums of 32-bit words stay exact in a double for that many items. */
const exactSums = 2 ** 20;

function computeFingerprint(ids: Uint8Array, begin: number, end: number): Uint8Array {
  // The sum modulo 2^256, kept as eight words that are carried over now and then.
  const view = new DataView(ids.buffer, ids.byteOffset);
  const sums = new Float64Array(8);
  for (let start = begin; start < end; start += exactSums) {
    const stop = Math.min(end, start + exactSums) * 32;
    for (let at = start * 32; at < stop; at += 32) {
      for (let word = 0; word < 8; word++) sums[word] = (sums[word] as number) + view.getUint32(at + word * 4, true);
    }
    carry(sums);
  }
  const count: number[] = [];
  pushVarint(count, end - begin);
  const input = new Uint8Array(32 + count.length);
  const output = new DataView(input.buffer);
  for (let word = 0; word < 8; word++) output.setUint32(word * 4, sums[word] as number, true);
  input.set(count, 32);
  return sha256(input).slice(0, 16);
}

function carry(sums: Float64Array): void {
  let over = 0;
  for (let word = 0; word < 8; word++) {
    const sum = (sums[word] as number) + over;
    over = Math.floor(sum / 2 ** 32);
    sums[word] = sum - over * 2 ** 32;
  }
}

/** Appends a whole number as base-128 digits, most significant first (NIP-77). */
export function pushVarint(bytes: number[], value: number): void {
  const digits = [value % 128];
  for (let rest = Math.floor(value / 128); rest > 0; rest = Math.floor(rest / 128)) digits.push((rest % 128) + 128);
  bytes.push(...digits.reverse());
}

function writeHex(hex: string, into: Uint8Array, at: number): void {
  for (let byte = 0; byte < 32; byte++) {
    into[at + byte] = (hexDigit(hex.charCodeAt(byte * 2)) << 4) | hexDigit(hex.charCodeAt(byte * 2 + 1));
  }
}

/** The value of a lower-case hex digit by its character code. */
function hexDigit(code: number): number {
  return code < 58 ? code - 48 : code - 87;
}
