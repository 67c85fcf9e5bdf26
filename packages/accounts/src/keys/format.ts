import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import type { RandomBytes } from '../contract.ts';
import { randomText } from '../ids.ts';

/** A key as it is shown once, and what is kept of it. */
export interface NewKey {
  readonly text: string;
  readonly hash: string;
  /** The beginning, by which people tell their keys apart. */
  readonly prefix: string;
  readonly last4: string;
}

const lead = 'nst_live_';
const randomChars = 30;
const checksumChars = 6;
const shape = new RegExp(`^${lead}[0-9A-Za-z]{${randomChars + checksumChars}}$`);

/** Makes a key: 178 random bits in base 62, and their CRC-32, so that whoever scans for leaked keys has no false finds. */
export function makeKey(random: RandomBytes): NewKey {
  const secret = randomText(random, randomChars);
  const text = `${lead}${secret}${checksumOf(secret)}`;
  return { text, hash: hashKey(text), prefix: text.slice(0, lead.length + 4), last4: text.slice(-4) };
}

/** Says whether a text can be a key: a typing mistake is found without asking the database. */
export function isKey(text: string): boolean {
  if (!shape.test(text)) return false;
  const secret = text.slice(lead.length, -checksumChars);
  return text.slice(-checksumChars) === checksumOf(secret);
}

/** SHA-256 (hex) is enough for a secret of that many bits; keys are looked up by it, so no comparison takes longer. */
export function hashKey(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

function checksumOf(secret: string): string {
  let rest = crc32(secret);
  let text = '';
  for (let index = 0; index < checksumChars; index++) {
    text = digits.charAt(rest % digits.length) + text;
    rest = Math.floor(rest / digits.length);
  }
  return text;
}
