import { isHex64 } from '@nostrata/protocol';
import { ConfigError } from './errors.ts';

const alphabet = 'qpzry9x8gf2tvdw0s3jn54khce6mua7l';
const generators = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3] as const;

/** Reads a pubkey: 64 hex digits, `npub1…` or `nprofile1…` (NIP-19, with or without `nostr:`). */
export function parsePubkey(text: string): string {
  return parseIdentifier(text, ['npub', 'nprofile'], 'pubkey');
}

/** Reads an event id: 64 hex digits, `note1…` or `nevent1…` (NIP-19, with or without `nostr:`). */
export function parseEventId(text: string): string {
  return parseIdentifier(text, ['note', 'nevent'], 'event id');
}

function parseIdentifier(text: string, prefixes: readonly [string, string], what: string): string {
  const plain = text
    .trim()
    .replace(/^nostr:/, '')
    .toLowerCase();
  if (isHex64(plain)) return plain;
  const decoded = decodeBech32(plain);
  if (decoded && prefixes.includes(decoded.prefix)) {
    const hasHints = decoded.prefix === prefixes[1];
    const bytes = hasHints ? getTlv(decoded.bytes, 0) : decoded.bytes;
    if (bytes?.length === 32) return Buffer.from(bytes).toString('hex');
  }
  throw new ConfigError(
    `${JSON.stringify(text.slice(0, 80))} is no ${what}: expected 64 hex digits, ${prefixes.join('1… or ')}1…`,
  );
}

/** The first value of that type in a list of type, length and value (NIP-19). */
function getTlv(bytes: Uint8Array, type: number): Uint8Array | undefined {
  let at = 0;
  while (at + 2 <= bytes.length) {
    const length = bytes[at + 1] ?? 0;
    if (bytes[at] === type) return bytes.subarray(at + 2, at + 2 + length);
    at += 2 + length;
  }
  return undefined;
}

/** Undoes bech32 (BIP-173, without its limit of 90 characters, as NIP-19 asks); undefined where it is none. */
function decodeBech32(text: string): { readonly prefix: string; readonly bytes: Uint8Array } | undefined {
  const separator = text.lastIndexOf('1');
  if (separator < 1 || text.length - separator < 7) return undefined;
  const prefix = text.slice(0, separator);
  const words = [...text.slice(separator + 1)].map((character) => alphabet.indexOf(character));
  if (words.includes(-1)) return undefined;
  const codes = [...prefix].map((character) => character.charCodeAt(0));
  if (checksum([...codes.map((code) => code >> 5), 0, ...codes.map((code) => code & 31), ...words]) !== 1)
    return undefined;
  return { prefix, bytes: packBits(words.slice(0, -6)) };
}

function checksum(values: readonly number[]): number {
  let sum = 1;
  for (const value of values) {
    const top = sum >>> 25;
    sum = ((sum & 0x1ffffff) << 5) ^ value;
    generators.forEach((generator, bit) => {
      if ((top >>> bit) & 1) sum ^= generator;
    });
  }
  return sum;
}

function packBits(words: readonly number[]): Uint8Array {
  const bytes: number[] = [];
  let accumulator = 0;
  let bits = 0;
  for (const word of words) {
    accumulator = ((accumulator << 5) | word) & 0xfff;
    bits += 5;
    if (bits < 8) continue;
    bits -= 8;
    bytes.push((accumulator >> bits) & 0xff);
  }
  return Uint8Array.from(bytes);
}
