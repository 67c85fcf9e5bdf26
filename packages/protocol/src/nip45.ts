import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, hexToBytes, utf8ToBytes } from '@noble/hashes/utils.js';
import { InvalidError } from './errors.ts';
import { isHex64 } from './event.ts';
import type { Filter } from './filter.ts';

/** Registers of a HyperLogLog value (NIP-45). */
export const hllRegisters = 256;

/**
 * Where in a pubkey the HyperLogLog of a filter reads (NIP-45): 8–23, from the first value of the filter's first tag
 * attribute. Null for filters without one, to which the NIP gives no offset.
 */
export function getHllOffset(filter: Filter): number | null {
  const [first] = Object.values(filter.tags ?? {});
  const value = first?.[0];
  if (value === undefined) return null;
  const digit = getReferenceHex(value).charAt(32);
  return Number.parseInt(digit, 16) + 8;
}

function getReferenceHex(value: string): string {
  if (isHex64(value)) return value;
  const pubkey = /^[0-9]{1,5}:([0-9a-f]{64}):/.exec(value)?.[1];
  return pubkey ?? bytesToHex(sha256(utf8ToBytes(value)));
}

/** Creates empty registers. */
export function createHll(): Uint8Array {
  return new Uint8Array(hllRegisters);
}

/** Counts the author of an event: the same author any number of times gives the same registers. */
export function addToHll(registers: Uint8Array, pubkey: string, offset: number): void {
  const index = Number.parseInt(pubkey.slice(offset * 2, offset * 2 + 2), 16);
  let zeros = 0;
  for (let position = offset * 2 + 2; position < pubkey.length; position++) {
    const digit = Number.parseInt(pubkey.charAt(position), 16);
    zeros += digit === 0 ? 4 : Math.clz32(digit) - 28;
    if (digit !== 0) break;
  }
  registers[index] = Math.max(registers[index] ?? 0, zeros + 1);
}

/** Adds the registers of another relay: what both have counted counts once. */
export function mergeHll(into: Uint8Array, from: Uint8Array): void {
  for (let index = 0; index < hllRegisters; index++) into[index] = Math.max(into[index] ?? 0, from[index] ?? 0);
}

/** Estimates how many authors were counted (Flajolet et al. 2007, linear counting for few); the usual error is 6.5 %. */
export function estimateHll(registers: Uint8Array): number {
  let sum = 0;
  let empty = 0;
  for (const register of registers) {
    sum += 2 ** -register;
    if (register === 0) empty++;
  }
  const estimate = ((0.7213 / (1 + 1.079 / hllRegisters)) * hllRegisters ** 2) / sum;
  const linear = empty > 0 ? hllRegisters * Math.log(hllRegisters / empty) : Number.POSITIVE_INFINITY;
  return Math.round(estimate <= 2.5 * hllRegisters && empty > 0 ? linear : estimate);
}

/** Writes registers as NIP-45 sends them: 512 hex digits. */
export function formatHll(registers: Uint8Array): string {
  return bytesToHex(registers);
}

/**
 * Reads registers from hex.
 * @throws InvalidError where the text is not 512 hex digits
 */
export function parseHll(text: string): Uint8Array {
  if (!/^[0-9a-f]{512}$/i.test(text)) throw new InvalidError('hll is not 512 hex digits');
  return hexToBytes(text);
}
