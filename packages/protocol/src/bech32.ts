import { InvalidError } from './errors.ts';
import { bech32CharactersMax } from './limits.ts';

const digits = 'qpzry9x8gf2tvdw0s3jn54khce6mua7l';
const generators = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3];

/** What the five bits that leave the checksum put into it. Invoices have hundreds of words, so this is looked up. */
const mixByTop = Array.from({ length: 32 }, (_, top) =>
  generators.reduce((mix, generator, bit) => ((top >> bit) & 1 ? mix ^ generator : mix), 0),
);

/** The value of each digit by its character code. */
const valueByCode = new Map(Array.from(digits, (digit, value) => [digit.charCodeAt(0), value]));

/** Writes bytes as bech32 (BIP-173, without its limit of 90 characters). The prefix is in lower case. */
export function encodeBech32(prefix: string, bytes: Uint8Array): string {
  const words = regroup(bytes, 8, 5);
  const check = checksum([...expandPrefix(prefix), ...words, 0, 0, 0, 0, 0, 0]) ^ 1;
  for (let place = 5; place >= 0; place--) words.push((check >>> (5 * place)) & 31);
  return `${prefix}1${words.map((word) => digits[word]).join('')}`;
}

/**
 * Reads bech32 text of at most 5,000 characters, in lower or upper case.
 * @throws InvalidError where it is malformed or its checksum is wrong
 */
export function decodeBech32(text: string): { readonly prefix: string; readonly bytes: Uint8Array } {
  const { prefix, words } = decodeBech32Words(text, bech32CharactersMax);
  return { prefix, bytes: wordsToBytes(words) };
}

/**
 * Reads bech32 text as its groups of five bits, without the checksum. The prefix comes in lower case.
 * @throws InvalidError where it is malformed, too long or its checksum is wrong
 */
export function decodeBech32Words(
  text: string,
  charactersMax: number,
): { readonly prefix: string; readonly words: readonly number[] } {
  if (text.length > charactersMax) throw new InvalidError(`bech32 text is longer than ${charactersMax} characters`);
  const lower = text.toLowerCase();
  if (text !== lower && text !== text.toUpperCase()) throw new InvalidError('bech32 text mixes lower and upper case');
  const border = lower.lastIndexOf('1');
  const prefix = lower.slice(0, Math.max(0, border));
  if (!/^[!-~]+$/.test(prefix)) throw new InvalidError('bech32 text has no prefix');
  const words: number[] = [];
  for (let at = border + 1; at < lower.length; at++) words.push(valueByCode.get(lower.charCodeAt(at)) ?? -1);
  if (words.length < 6 || words.includes(-1))
    throw new InvalidError('bech32 text has characters that do not belong there');
  if (checksum([...expandPrefix(prefix), ...words]) !== 1) throw new InvalidError('bech32 checksum is wrong');
  return { prefix, words: words.slice(0, -6) };
}

/**
 * The bytes in groups of five bits.
 * @throws InvalidError where more than four bits are left over, or one of them is set
 */
export function wordsToBytes(words: readonly number[]): Uint8Array {
  return Uint8Array.from(regroup(words, 5, 8));
}

function expandPrefix(prefix: string): number[] {
  const codes = Array.from(prefix, (character) => character.charCodeAt(0));
  return [...codes.map((code) => code >> 5), 0, ...codes.map((code) => code & 31)];
}

function checksum(words: readonly number[]): number {
  let check = 1;
  for (const word of words) {
    check = ((check & 0x1ffffff) << 5) ^ word ^ (mixByTop[check >>> 25] ?? 0);
  }
  return check;
}

/** Regroups bits; what is left over is filled up with zeros when writing and must be zeros, and few, when reading. */
function regroup(values: ArrayLike<number>, from: 5 | 8, to: 5 | 8): number[] {
  const result: number[] = [];
  let bits = 0;
  let rest = 0;
  for (let at = 0; at < values.length; at++) {
    const value = values[at] ?? 0;
    rest = (rest << from) | value;
    bits += from;
    while (bits >= to) {
      bits -= to;
      result.push((rest >>> bits) & ((1 << to) - 1));
      rest &= (1 << bits) - 1;
    }
  }
  if (to === 5 && bits > 0) result.push((rest << (to - bits)) & 31);
  if (to === 8 && (bits >= 5 || rest !== 0)) throw new InvalidError('bech32 text does not end with a whole byte');
  return result;
}
