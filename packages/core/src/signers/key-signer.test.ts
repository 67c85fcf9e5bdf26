import assert from 'node:assert/strict';
import { test } from 'node:test';
import { verifyEvent } from '@nostrata/protocol';
import { createKeys } from '@nostrata/testing';
import { encrypt } from 'nostr-tools/nip04';
import { SignerError } from '../errors.ts';
import { createKeySigner } from './key-signer.ts';

const alice = createKeys('alice');
const bob = createKeys('bob');
const template = { kind: 1, created_at: 1_700_000_000, tags: [['t', 'x']], content: 'hello' };
const fails = (fault: string) => (error: unknown) => error instanceof SignerError && error.fault === fault;

test('a key signs, and what it encrypts the other side reads', async () => {
  const [one, other] = [createKeySigner(alice.secret), createKeySigner(bob.secret)];
  assert.equal(await one.getPublicKey(), alice.pubkey);
  const event = await one.signEvent(template);
  assert.ok(verifyEvent(event));
  assert.equal(event.pubkey, alice.pubkey);
  const payload = await one.nip44Encrypt(bob.pubkey, 'secret');
  assert.equal(await other.nip44Decrypt(alice.pubkey, payload), 'secret');
  const old = encrypt(Uint8Array.from(alice.secret), bob.pubkey, 'old');
  assert.equal(await other.nip04Decrypt(alice.pubkey, old), 'old');
});

test('what is no key, and what cannot be decrypted, is a typed error', async () => {
  assert.throws(() => createKeySigner(new Uint8Array(32)), fails('invalid'));
  assert.throws(() => createKeySigner(new Uint8Array(5)), fails('invalid'));
  const signer = createKeySigner(alice.secret);
  await assert.rejects(signer.nip44Decrypt(bob.pubkey, 'x'), fails('invalid'));
  await assert.rejects(signer.nip44Encrypt('bob', 'x'), fails('invalid'));
});

test('after stop the key is gone, and the caller’s copy is not', async () => {
  const secret = Uint8Array.from(alice.secret);
  const signer = createKeySigner(secret);
  await signer.stop();
  await signer.stop();
  await assert.rejects(signer.signEvent(template), fails('unreachable'));
  await assert.rejects(signer.getPublicKey(), fails('unreachable'));
  assert.deepEqual(secret, Uint8Array.from(alice.secret));
});
