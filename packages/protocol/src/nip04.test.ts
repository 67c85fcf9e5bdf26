import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createKeys, fc } from '@nostrata/testing';
import { encrypt } from 'nostr-tools/nip04';
import { InvalidError } from './errors.ts';
import { decryptNip04 } from './nip04.ts';

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

test('what is malformed or for somebody else is refused', () => {
  const payload = encrypt(Uint8Array.from(alice.secret), bob.pubkey, 'x'.repeat(100));
  const [text = '', iv = ''] = payload.split('?iv=');
  const bad = ['', text, `${text}?iv=`, `?iv=${iv}`, `${text}?iv=${iv}?iv=${iv}`, `${text}?iv=AAAA`, `A?iv=${iv}`];
  for (const one of bad) assert.throws(() => decryptNip04(one, bob.secret, alice.pubkey), InvalidError, one.slice(-40));
  assert.throws(() => decryptNip04(`AAAA?iv=${iv}`, bob.secret, alice.pubkey), InvalidError);
  assert.throws(() => decryptNip04('A'.repeat(1_000_001), bob.secret, alice.pubkey), InvalidError);
  assert.throws(() => decryptNip04(payload, carol.secret, alice.pubkey), InvalidError);
});
