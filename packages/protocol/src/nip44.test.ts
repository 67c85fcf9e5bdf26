import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { createKeys, fc, readText, requireSharedData, skipWithout } from '@nostrata/testing';
import { v2 as oracle } from 'nostr-tools/nip44';
import { InvalidError } from './errors.ts';
import { decryptNip44, encryptNip44, getConversationKey, getMessageKeys, getPaddedLength } from './nip44.ts';
import { getPublicKey } from './sign.ts';

const path = 'vectors/nip44.vectors.json';
const skip = skipWithout(path);

interface Vectors {
  readonly valid: {
    readonly get_conversation_key: { sec1: string; pub2: string; conversation_key: string }[];
    readonly get_message_keys: {
      readonly conversation_key: string;
      readonly keys: { nonce: string; chacha_key: string; chacha_nonce: string; hmac_key: string }[];
    };
    readonly calc_padded_len: [number, number][];
    readonly encrypt_decrypt: {
      readonly sec1: string;
      readonly sec2: string;
      readonly conversation_key: string;
      readonly nonce: string;
      readonly plaintext: string;
      readonly payload: string;
    }[];
    readonly encrypt_decrypt_long_msg: {
      readonly conversation_key: string;
      readonly nonce: string;
      readonly pattern: string;
      readonly repeat: number;
      readonly plaintext_sha256: string;
      readonly payload_sha256: string;
    }[];
  };
  readonly invalid: {
    readonly encrypt_msg_lengths: number[];
    readonly get_conversation_key: { sec1: string; pub2: string; note: string }[];
    readonly decrypt: { conversation_key: string; payload: string; note: string }[];
  };
}

const { valid, invalid } = (skip ? {} : JSON.parse(readText(requireSharedData(path))).v2) as Vectors;
const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, 'hex'));
const hex = (value: Uint8Array): string => Buffer.from(value).toString('hex');
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

test('the vectors of conversation and message keys hold', { skip }, () => {
  assert.equal(valid.get_conversation_key.length, 35);
  for (const { sec1, pub2, conversation_key } of valid.get_conversation_key) {
    assert.equal(hex(getConversationKey(bytes(sec1), pub2)), conversation_key);
  }
  const { conversation_key, keys } = valid.get_message_keys;
  assert.equal(keys.length, 32);
  for (const { nonce, chacha_key, chacha_nonce, hmac_key } of keys) {
    const { cipherKey, cipherNonce, macKey } = getMessageKeys(bytes(conversation_key), bytes(nonce));
    assert.deepEqual([cipherKey, cipherNonce, macKey].map(hex), [chacha_key, chacha_nonce, hmac_key]);
  }
});

test('the vectors of padding hold', { skip }, () => {
  assert.equal(valid.calc_padded_len.length, 24);
  for (const [length, padded] of valid.calc_padded_len) assert.equal(getPaddedLength(length), padded);
  assert.equal(getPaddedLength(0xffff_ffff), 2 ** 32);
});

test('the vectors of messages hold, from both sides', { skip }, () => {
  assert.equal(valid.encrypt_decrypt.length, 10);
  for (const vector of valid.encrypt_decrypt) {
    const [one, two] = [bytes(vector.sec1), bytes(vector.sec2)];
    const key = getConversationKey(one, getPublicKey(two));
    assert.equal(hex(key), vector.conversation_key);
    assert.deepEqual(getConversationKey(two, getPublicKey(one)), key);
    assert.equal(encryptNip44(vector.plaintext, key, bytes(vector.nonce)), vector.payload);
    assert.equal(decryptNip44(vector.payload, key), vector.plaintext);
  }
});

test('long messages hash to what the vectors say', { skip }, () => {
  assert.equal(valid.encrypt_decrypt_long_msg.length, 3);
  for (const vector of valid.encrypt_decrypt_long_msg) {
    const plaintext = vector.pattern.repeat(vector.repeat);
    assert.equal(sha256(plaintext), vector.plaintext_sha256);
    const payload = encryptNip44(plaintext, bytes(vector.conversation_key), bytes(vector.nonce));
    assert.equal(sha256(payload), vector.payload_sha256);
    assert.equal(decryptNip44(payload, bytes(vector.conversation_key)), plaintext);
  }
});

test('from 65,536 bytes on the length has six bytes, and the hashes are those of the NIP', () => {
  const key = bytes('c41c775356fd92eadc63ff5a0dc1da211b268cbea22316767095b2871ea1412d');
  const nonce = bytes('1'.padStart(64, '0'));
  const hashes = [
    [65_535, '6d8c2810d1e870fbaa1f0a0937126cca837a15f9260e27060c331d70a3c0bc84'],
    [65_536, 'b7b4edb36ba92e267d322d56d9aebc22e7fa96ff52e3c12adc07f07a43cbc616'],
    [65_537, 'eeb7c7c5373894ea2c1547cfd3ccb15d5a0b2d619da852e5c79df792dcc9e435'],
  ] as const;
  for (const [length, hash] of hashes) {
    const payload = encryptNip44('a'.repeat(length), key, nonce);
    assert.equal(sha256(payload), hash);
    assert.equal(decryptNip44(payload, key).length, length);
  }
});

test('the invalid vectors are refused', { skip }, () => {
  assert.equal(invalid.decrypt.length, 12);
  for (const { conversation_key, payload, note } of invalid.decrypt) {
    assert.throws(() => decryptNip44(payload, bytes(conversation_key)), InvalidError, note);
  }
  for (const { sec1, pub2, note } of invalid.get_conversation_key) {
    assert.throws(() => getConversationKey(bytes(sec1), pub2), InvalidError, note);
  }
  // The other lengths that these vectors call invalid became valid with the long prefix.
  assert.ok(invalid.encrypt_msg_lengths.includes(0));
  assert.throws(() => encryptNip44('', new Uint8Array(32)), InvalidError);
});

test('what is encrypted is read back, here and by nostr-tools', () => {
  const key = getConversationKey(createKeys('alice').secret, createKeys('bob').pubkey);
  const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 300 }).filter((value) => value.isWellFormed());
  fc.assert(
    fc.property(text, (plaintext) => {
      const payload = encryptNip44(plaintext, key);
      assert.equal(decryptNip44(payload, key), plaintext);
      assert.equal(oracle.decrypt(payload, key), plaintext);
      assert.equal(decryptNip44(oracle.encrypt(plaintext, key), key), plaintext);
    }),
  );
});

test('a payload with one character changed is refused', () => {
  const key = getConversationKey(createKeys('alice').secret, createKeys('bob').pubkey);
  const payload = encryptNip44('x'.repeat(100), key);
  fc.assert(
    fc.property(fc.nat(payload.length - 4), fc.constantFrom('A', 'b', '+', ' ', '=', '\n'), (at, character) => {
      if (payload[at] === character) return;
      const changed = payload.slice(0, at) + character + payload.slice(at + 1);
      assert.throws(() => decryptNip44(changed, key), InvalidError);
    }),
  );
});

test('a payload above the limit is refused before it is decoded', () => {
  const key = getConversationKey(createKeys('alice').secret, createKeys('bob').pubkey);
  const payload = encryptNip44('x', key);
  assert.throws(() => decryptNip44(payload, key, payload.length - 1), /longer than/);
  assert.throws(() => decryptNip44('*'.repeat(1_000_001), key), /longer than/);
});
