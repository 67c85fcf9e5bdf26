import type { RandomBytes } from './contract.ts';

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** Random characters of base 62, each of them as likely as the others. */
export function randomText(random: RandomBytes, length: number): string {
  let text = '';
  while (text.length < length) {
    for (const byte of random(length - text.length)) {
      // 248 is the greatest multiple of 62 that a byte reaches: above it the first letters would come more often.
      if (byte < 248) text += alphabet.charAt(byte % 62);
    }
  }
  return text;
}

/** Names an entity: a prefix that says what it is and 119 random bits: `pay_3kTq…`. */
export function createId(
  random: RandomBytes,
  prefix: 'usr' | 'ses' | 'key' | 'nam' | 'chg' | 'dom' | 'pay' | 'ref' | 'ntc' | 'hok' | 'dlv',
): string {
  return `${prefix}_${randomText(random, 20)}`;
}
