import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { fc, seededRandom } from '@nostrata/testing';
import { hashKey, isKey, makeKey } from './format.ts';

test('a key has its prefix, 30 random characters and 6 of checksum, and is known by its hash', () => {
  const { text, hash, prefix, last4 } = makeKey((count) => randomBytes(count));
  assert.match(text, /^nst_live_[0-9A-Za-z]{36}$/);
  assert.ok(isKey(text));
  assert.equal(hash, hashKey(text));
  assert.equal(prefix, text.slice(0, 13));
  assert.equal(last4, text.slice(-4));
});

test('the checksum is the CRC-32 of the random part in base 62, most significant digit first', () => {
  // Bit by bit, as the standard has it, and apart from the code under test.
  const secret = '123456789012345678901234567890';
  let crc = 0xffffffffn;
  for (const character of secret) {
    crc ^= BigInt(character.charCodeAt(0));
    for (let bit = 0; bit < 8; bit++) crc = crc & 1n ? (crc >> 1n) ^ 0xedb88320n : crc >> 1n;
  }
  crc ^= 0xffffffffn;
  const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
  const checksum = [5n, 4n, 3n, 2n, 1n, 0n].map((place) => digits[Number((crc / 62n ** place) % 62n)]).join('');
  assert.ok(isKey(`nst_live_${secret}${checksum}`));
});

test('no single mistake in a key, and no two letters that changed places, get past the checksum', () => {
  const { text } = makeKey(seededRandom('mistakes').bytes);
  const letters = [...'0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_- '];
  for (let at = 0; at < text.length; at++) {
    for (const letter of letters) {
      const wrong = text.slice(0, at) + letter + text.slice(at + 1);
      assert.equal(isKey(wrong), wrong === text, wrong);
    }
    const swapped = text.slice(0, at) + (text[at + 1] ?? '') + (text[at] ?? '') + text.slice(at + 2);
    assert.equal(isKey(swapped), swapped === text, swapped);
  }
  for (const cut of [text.slice(0, -1), `${text}a`, text.slice(1), '', 'nst_live_', text.replace('live', 'test')]) {
    assert.equal(isKey(cut), false, cut);
  }
});

test('no text makes the check of keys throw', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 80 }), (text) => !isKey(text)));
});
