import { secp256k1 } from '@noble/curves/secp256k1.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, concatBytes, hexToBytes, utf8ToBytes } from '@noble/hashes/utils.js';
import { decodeBech32Words, wordsToBytes } from './bech32.ts';
import { InvalidError } from './errors.ts';
import { invoiceCharactersMax } from './limits.ts';

/** The chain that an invoice is for. */
export type BitcoinNetwork = 'bitcoin' | 'testnet' | 'signet' | 'regtest';

/** What a Lightning invoice says (BOLT 11), as far as a reader of payments needs it. Times are in seconds. */
export interface Invoice {
  readonly network: BitcoinNetwork;
  /** Millisatoshi; undefined where the payer chooses. */
  readonly amountMsat?: number | undefined;
  readonly createdAt: number;
  /** Seconds after `createdAt`; 3,600 where the invoice does not say. */
  readonly expirySeconds: number;
  /**
   * 64 hex digits: the SHA-256 of the preimage that paying reveals. Without it nobody can pay over Lightning; servers
   * that move money otherwise write such invoices into zap receipts.
   */
  readonly paymentHash?: string | undefined;
  /** Text from outside. */
  readonly description?: string | undefined;
  /** 64 hex digits: the SHA-256 of a description that is kept elsewhere. */
  readonly descriptionHash?: string | undefined;
  /** 64 hex digits. Invoices from before 2021 may lack it; those of today cannot be paid without it. */
  readonly paymentSecret?: string | undefined;
  /** Feature bits that are set, in rising order (BOLT 9). Even ones are demands on the payer. */
  readonly features: readonly number[];
}

/**
 * Reads an invoice of at most 10,000 characters. The signature is there but not checked: `recoverPayee` does that.
 * @throws InvalidError where it is malformed, for another currency, or above 90,071 bitcoin
 */
export function parseInvoice(text: string): Invoice {
  const { prefix, words } = decodeInvoice(text);
  const { network, amount } = splitPrefix(prefix);
  const fields = readFields(words);
  return {
    network,
    amountMsat: amount === '' ? undefined : parseInvoiceAmount(amount),
    createdAt: readNumber(words.slice(0, 7)),
    expirySeconds: readExpiry(fields),
    paymentHash: readHash(fields, FieldType.paymentHash),
    description: readDescription(fields),
    descriptionHash: readHash(fields, FieldType.descriptionHash),
    paymentSecret: readHash(fields, FieldType.paymentSecret),
    features: readFeatures(fields),
  };
}

/**
 * The node that signed an invoice, as a compressed public key of 66 hex digits: the one that the invoice names, where
 * the signature is its own, else the one that the signature gives away. About a millisecond.
 * @throws InvalidError where the invoice is malformed or the signature is nobody's
 */
export function recoverPayee(text: string): string {
  const { prefix, words } = decodeInvoice(text);
  const signature = wordsToBytes(words.slice(-signatureWords));
  const signed = words.slice(0, -signatureWords);
  const digest = sha256(concatBytes(utf8ToBytes(prefix), padWords(signed)));
  const named = readFields(words).find(({ type, words: { length } }) => type === FieldType.payee && length === 53);
  const compact = signature.slice(0, 64);
  if (named) {
    const payee = wordsToBytes(named.words);
    if (!verifies(compact, digest, payee)) throw new InvalidError('invoice is not signed by the payee that it names');
    return bytesToHex(payee);
  }
  return recover(signature, digest);
}

/** Says whether the preimage is the one whose hash the invoice names. */
export function isPreimageOf(invoice: Invoice, preimage: string): boolean {
  return /^[0-9a-f]{64}$/.test(preimage) && bytesToHex(sha256(hexToBytes(preimage))) === invoice.paymentHash;
}

/**
 * Reads the amount of an invoice's prefix, `2500u`, in millisatoshi.
 * @throws InvalidError where it is malformed, no whole number of millisatoshi or above 90,071 bitcoin
 */
export function parseInvoiceAmount(text: string): number {
  const last = text.slice(-1);
  const multiplier = isDigit(last) ? '' : last;
  const digits = multiplier === '' ? text : text.slice(0, -1);
  const picobitcoinPerUnit = picobitcoinByMultiplier[multiplier];
  if (picobitcoinPerUnit === undefined) throw new InvalidError('invoice amount has an unknown multiplier');
  if (digits === '' || digits.length > 18 || digits.startsWith('0') || !Array.from(digits).every(isDigit)) {
    throw new InvalidError('invoice amount is not a positive number');
  }
  const picobitcoin = BigInt(digits) * picobitcoinPerUnit;
  // A millisatoshi is ten picobitcoin.
  if (picobitcoin % 10n !== 0n) throw new InvalidError('invoice amount is not a whole number of millisatoshi');
  const msat = picobitcoin / 10n;
  if (msat > BigInt(Number.MAX_SAFE_INTEGER)) throw new InvalidError('invoice amount is too large');
  return Number(msat);
}

const picobitcoinByMultiplier: Readonly<Record<string, bigint>> = {
  '': 1_000_000_000_000n,
  m: 1_000_000_000n,
  u: 1_000_000n,
  n: 1_000n,
  p: 1n,
};

/** Longer prefixes first: `lnbc` begins `lnbcrt` too. */
const networks: readonly (readonly [prefix: string, network: BitcoinNetwork])[] = [
  ['lnbcrt', 'regtest'],
  ['lntbs', 'signet'],
  ['lntb', 'testnet'],
  ['lnbc', 'bitcoin'],
];

const FieldType = {
  paymentHash: 1,
  features: 5,
  expiry: 6,
  description: 13,
  paymentSecret: 16,
  payee: 19,
  descriptionHash: 23,
} as const;

/** 520 bits. */
const signatureWords = 104;

/** 35 bits. */
const timestampWords = 7;

interface Field {
  readonly type: number;
  readonly words: readonly number[];
}

function decodeInvoice(text: string): { prefix: string; words: readonly number[] } {
  const decoded = decodeBech32Words(text, invoiceCharactersMax);
  if (decoded.words.length < timestampWords + signatureWords) throw new InvalidError('invoice is too short');
  return decoded;
}

function splitPrefix(prefix: string): { network: BitcoinNetwork; amount: string } {
  for (const [start, network] of networks) {
    const amount = prefix.slice(start.length);
    if (prefix.startsWith(start) && (amount === '' || isDigit(amount.charAt(0)))) return { network, amount };
  }
  throw new InvalidError('invoice is for another currency');
}

function isDigit(character: string): boolean {
  return character >= '0' && character <= '9';
}

function readFields(words: readonly number[]): Field[] {
  const fields: Field[] = [];
  const end = words.length - signatureWords;
  for (let at = timestampWords; at < end; ) {
    const [type = 0, high = 0, low = 0] = words.slice(at, at + 3);
    const from = at + 3;
    at = from + high * 32 + low;
    if (from > end || at > end) throw new InvalidError('a field of the invoice ends too early');
    fields.push({ type, words: words.slice(from, at) });
  }
  return fields;
}

/** The first field of that type with 52 words; those of other lengths are for later versions and skipped. */
function readHash(fields: readonly Field[], wanted: number): string | undefined {
  const field = fields.find(({ type, words }) => type === wanted && words.length === 52);
  return field && bytesToHex(wordsToBytes(field.words));
}

function readDescription(fields: readonly Field[]): string | undefined {
  const field = fields.find(({ type }) => type === FieldType.description);
  if (!field) return undefined;
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(wordsToBytes(field.words));
  } catch (error) {
    throw new InvalidError('description of the invoice is not text', { cause: error });
  }
}

function readExpiry(fields: readonly Field[]): number {
  const field = fields.find(({ type }) => type === FieldType.expiry);
  return field ? Math.min(readNumber(field.words), Number.MAX_SAFE_INTEGER) : 3_600;
}

function readFeatures(fields: readonly Field[]): number[] {
  const words = fields.find(({ type }) => type === FieldType.features)?.words ?? [];
  return [...words].reverse().flatMap((word, place) => {
    return [0, 1, 2, 3, 4].filter((bit) => (word >> bit) & 1).map((bit) => place * 5 + bit);
  });
}

function readNumber(words: readonly number[]): number {
  return words.reduce((number, word) => number * 32 + word, 0);
}

/** The words as bytes, the last one filled up with zeros. */
function padWords(words: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(Math.ceil((words.length * 5) / 8));
  for (const [index, word] of words.entries()) {
    const bit = index * 5;
    const shifted = word << (11 - (bit % 8));
    bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) | (shifted >> 8);
    if (shifted & 255) bytes[(bit >> 3) + 1] = shifted & 255;
  }
  return bytes;
}

function verifies(signature: Uint8Array, digest: Uint8Array, payee: Uint8Array): boolean {
  try {
    return secp256k1.verify(signature, digest, payee, { prehash: false });
  } catch (error) {
    throw new InvalidError('payee of the invoice is not a public key', { cause: error });
  }
}

function recover(signature: Uint8Array, digest: Uint8Array): string {
  const recoverable = concatBytes(signature.slice(64), signature.slice(0, 64));
  try {
    return bytesToHex(secp256k1.recoverPublicKey(recoverable, digest, { prehash: false }));
  } catch (error) {
    throw new InvalidError('signature of the invoice is nobody’s', { cause: error });
  }
}
