import { createHash } from 'node:crypto';
import { encodeBech32Words } from './words.ts';

/** What an invoice of the demonstration asks for. */
export interface InvoiceParts {
  readonly sat: number;
  /** Seconds since 1970. */
  readonly createdAt: number;
  /** Makes the invoice another one than all others. */
  readonly word: string;
  /** What is committed to instead of a description: the zap request. */
  readonly description: string;
}

/**
 * Writes an invoice (BOLT 11) that can be read and that nobody can pay: its signature is nobody's. `lnbc…n` counts in
 * tenths of a satoshi.
 */
export function writeInvoice({ sat, createdAt, word, description }: InvoiceParts): string {
  const hash = createHash('sha256').update(word).digest();
  const words = [
    ...toWords(createdAt, 7),
    ...field(1, bytesToWords(hash)),
    ...field(23, bytesToWords(createHash('sha256').update(description).digest())),
    ...bytesToWords(Buffer.alloc(65, 1)),
  ];
  return encodeBech32Words(`lnbc${sat * 10}n`, words);
}

function field(type: number, words: readonly number[]): number[] {
  return [type, words.length >> 5, words.length & 31, ...words];
}

function toWords(value: number, count: number): number[] {
  return Array.from({ length: count }, (_, index) => Math.floor(value / 32 ** (count - 1 - index)) % 32);
}

/** Bytes as groups of five bits, the last one filled up with zeros. */
function bytesToWords(bytes: Uint8Array): number[] {
  const words: number[] = [];
  let rest = 0;
  let bits = 0;
  for (const byte of bytes) {
    rest = (rest << 8) | byte;
    for (bits += 8; bits >= 5; bits -= 5) words.push((rest >> (bits - 5)) & 31);
    rest &= (1 << bits) - 1;
  }
  if (bits > 0) words.push((rest << (5 - bits)) & 31);
  return words;
}
