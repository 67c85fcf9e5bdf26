import { createHash } from 'node:crypto';
import { secp256k1 } from '@noble/curves/secp256k1.js';
import { createKeys } from '../keys.ts';

/** What a Lightning invoice for tests is made of. */
export interface InvoiceParts {
  /** Millisatoshi. */
  readonly amountMsat: number;
  /** Decides the preimage: the same text gives the same one. */
  readonly seed: string;
  readonly description?: string | undefined;
  /** Seconds. */
  readonly createdAt: number;
  readonly expirySeconds?: number | undefined;
}

/** An invoice as a wallet hands it out, and what paying it reveals. */
export interface TestInvoice {
  readonly bolt11: string;
  readonly paymentHash: string;
  readonly preimage: string;
}

/** Makes an invoice (BOLT 11) of the test chain, signed by a node of its own. */
export function createInvoice(parts: InvoiceParts): TestInvoice {
  const preimage = digest(`preimage ${parts.seed}`);
  const paymentHash = createHash('sha256').update(preimage).digest();
  // A millisatoshi is ten picobitcoin.
  const prefix = `lnbcrt${parts.amountMsat * 10}p`;
  const words = [
    ...numberWords(parts.createdAt, 7),
    ...field(1, toWords(paymentHash)),
    ...field(13, toWords(Buffer.from((parts.description ?? '').slice(0, 300)))),
    ...field(16, toWords(digest(`secret ${parts.seed}`))),
    ...field(6, numberWords(parts.expirySeconds ?? 3_600, 7)),
    // payment_secret and basic_mpp, as BOLT 9 numbers them.
    ...field(5, numberWords((1 << 14) | (1 << 17), 4)),
  ];
  const hash = createHash('sha256').update(prefix).update(toBytes(words)).digest();
  const signature = secp256k1.sign(hash, createKeys('node').secret, { prehash: false, format: 'recovered' });
  const signed = [...words, ...toWords(Buffer.concat([signature.slice(1), signature.slice(0, 1)]))];
  const text = [...signed, ...checksum(prefix, signed)].map((word) => alphabet[word]).join('');
  return { bolt11: `${prefix}1${text}`, paymentHash: paymentHash.toString('hex'), preimage: preimage.toString('hex') };
}

const alphabet = 'qpzry9x8gf2tvdw0s3jn54khce6mua7l';

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

function field(type: number, words: readonly number[]): number[] {
  return [type, words.length >> 5, words.length & 31, ...words];
}

function numberWords(value: number, count: number): number[] {
  return Array.from({ length: count }, (_, index) => Math.floor(value / 32 ** (count - 1 - index)) % 32);
}

function toWords(bytes: Uint8Array): number[] {
  const bits = Array.from(bytes, (byte) => byte.toString(2).padStart(8, '0')).join('');
  return (bits.match(/.{1,5}/g) ?? []).map((five) => Number.parseInt(five.padEnd(5, '0'), 2));
}

/** The words as bytes, the last one filled up with zeros. */
function toBytes(words: readonly number[]): Buffer {
  const bits = words.map((word) => word.toString(2).padStart(5, '0')).join('');
  return Buffer.from((bits.match(/.{1,8}/g) ?? []).map((eight) => Number.parseInt(eight.padEnd(8, '0'), 2)));
}

function checksum(prefix: string, words: readonly number[]): number[] {
  const codes = Array.from(prefix, (letter) => letter.charCodeAt(0));
  const spread = [...codes.map((code) => code >> 5), 0, ...codes.map((code) => code & 31)];
  const result = polymod([...spread, ...words, 0, 0, 0, 0, 0, 0]) ^ 1;
  return Array.from({ length: 6 }, (_, index) => (result >> (5 * (5 - index))) & 31);
}

function polymod(values: readonly number[]): number {
  const generator = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3];
  let sum = 1;
  for (const value of values) {
    const top = sum >>> 25;
    sum = ((sum & 0x1ffffff) << 5) ^ value;
    for (const [bit, factor] of generator.entries()) if ((top >> bit) & 1) sum ^= factor;
  }
  return sum >>> 0;
}
