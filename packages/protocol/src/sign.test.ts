import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createKeys } from '@nostrata/testing';
import { InvalidError } from './errors.ts';
import { decodeNip19, encodeNsec } from './nip19.ts';
import { getPublicKey, signEvent } from './sign.ts';
import { verifyEvent } from './verify.ts';

test('a signed event is whole, and its signature verifies', () => {
  const { secret, pubkey } = createKeys('alice');
  const event = signEvent({ kind: 1, created_at: 1, tags: [['t', 'x']], content: 'hello' }, secret);
  assert.equal(event.pubkey, pubkey);
  assert.equal(verifyEvent(event), event);
});

test('what is no secret key is refused', () => {
  for (const secret of [new Uint8Array(31), new Uint8Array(32), new Uint8Array(32).fill(255)]) {
    assert.throws(() => getPublicKey(secret), InvalidError);
  }
});

test('a secret key is written as nsec and read back', () => {
  const secret = Uint8Array.from(createKeys('alice').secret);
  assert.deepEqual(decodeNip19(encodeNsec(secret)), { type: 'nsec', secret });
  assert.throws(() => encodeNsec(secret.slice(1)), InvalidError);
});
