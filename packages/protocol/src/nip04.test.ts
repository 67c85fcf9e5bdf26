import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createKeys, fc } from '@nostrata/testing';
import { decrypt, encrypt } from 'nostr-tools/nip04';
import { InvalidError } from './errors.ts';
import { decryptNip04, encryptNip04 } from './nip04.ts';

const [alice, bob, carol] = [createKeys('alice'), createKeys('bob'), createKeys('carol')];

test('what nostr-tools encrypted is read from both sides', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 200 }), (text) => {
      const payload = encrypt(Uint8Array.from(alice.secret), bob.pubkey, text.toWellFormed());
      assert.equal(decryptNip04(payload, bob.secret, alice.pubkey), text.toWellFormed());
      assert.equal(decryptNip04(payload, alice.secret, bob.pubkey), text.toWellFormed());
    }),
    { numRuns: 30 },
  );
});

test('what is encrypted here is read by nostr-tools and by ourselves, and never twice the same', () => {
  const parties = { secret: alice.secret, pubkey: bob.pubkey };
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 200 }), (drawn) => {
      const text = drawn.toWellFormed();
      const payload = encryptNip04(text, parties);
      assert.equal(decrypt(Uint8Array.from(bob.secret), alice.pubkey, payload), text);
      assert.equal(decryptNip04(payload, bob.secret, alice.pubkey), text);
      assert.notEqual(encryptNip04(text, parties), payload);
    }),
    { numRuns: 30 },
  );
  assert.throws(() => encryptNip04('x', parties, new Uint8Array(12)), InvalidError);
});

test('what is malformed or for somebody else is refused', () => {
  const payload = encrypt(Uint8Array.from(alice.secret), bob.pubkey, 'x'.repeat(100));
  const [text = '', iv = ''] = payload.split('?iv=');
  const bad = ['', text, `${text}?iv=`, `?iv=${iv}`, `${text}?iv=${iv}?iv=${iv}`, `${text}?iv=AAAA`, `A?iv=${iv}`];
  for (const one of bad) assert.throws(() => decryptNip04(one, bob.secret, alice.pubkey), InvalidError, one.slice(-40));
  assert.throws(() => decryptNip04(`AAAA?iv=${iv}`, bob.secret, alice.pubkey), InvalidError);
  assert.throws(() => decryptNip04('A'.repeat(1_000_001), bob.secret, alice.pubkey), InvalidError);
  assert.throws(() => decryptNip04(payload, carol.secret, alice.pubkey), InvalidError);
});
