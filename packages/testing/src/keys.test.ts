import assert from 'node:assert/strict';
import { test } from 'node:test';
import { getEventId } from '@nostrata/protocol';
import { verifyEvent } from 'nostr-tools/pure';
import { createEventBuilder, note } from './builder.ts';
import { createKeys, signEvent } from './keys.ts';
import { createNativeSigner, createPureSigner, createSigner, createWasmSigner } from './signer.ts';

test('the same seed gives the same keys and the same signature', () => {
  const keys = createKeys('alice');
  assert.deepEqual(createKeys('alice'), keys);
  assert.notEqual(createKeys('bob').pubkey, keys.pubkey);
  const unsigned = { pubkey: keys.pubkey, created_at: 1, kind: 1, tags: [['t', 'x']], content: 'hello' };
  const event = signEvent(unsigned, keys.secret);
  assert.deepEqual(signEvent(unsigned, keys.secret), event);
  assert.equal(event.id, getEventId(event));
});

test('every signature is one that nostr-tools accepts', () => {
  const builder = createEventBuilder('alice');
  const target = builder.note('hello');
  const events = [
    target,
    note('bob', 'hi'),
    builder.profile({ name: 'alice' }),
    builder.follows([target.pubkey]),
    builder.reaction(target),
    builder.addressable(30_023, 'x'),
    builder.deletion([target]),
    builder.deletionOfAddress(30_023, 'x'),
    builder.vanish(['ALL_RELAYS']),
    builder.authentication('challenge', 'wss://relay.example'),
  ];
  for (const event of events) assert.ok(verifyEvent({ ...event, tags: event.tags.map((tag) => [...tag]) }));
  assert.deepEqual(
    events.filter(({ pubkey }) => pubkey === builder.pubkey).map(({ created_at }) => created_at - target.created_at),
    [0, 1, 2, 3, 4, 5, 6, 7, 8],
  );
});

test('every back end makes the same keys and signatures and verifies them', (t) => {
  const native = createNativeSigner();
  if (!native) t.diagnostic('libsecp256k1 is not installed: compared WASM with pure');
  const signers = [createSigner(), createWasmSigner(), createPureSigner(), ...(native ? [native] : [])];
  const digest = new Uint8Array(32).fill(7);
  const { secret, pubkey } = createKeys('alice');
  const key = Buffer.from(pubkey, 'hex');
  for (const signer of signers) {
    const signature = signer.sign(digest, secret);
    assert.ok(signer.verify(signature, digest, key), signer.backend);
    assert.equal(signer.verify(signature, new Uint8Array(32), key), false, signer.backend);
    assert.equal(signer.verify(signature, digest, new Uint8Array(32).fill(255)), false, signer.backend);
  }
  assert.equal(new Set(signers.map((signer) => Buffer.from(signer.sign(digest, secret)).toString('hex'))).size, 1);
  assert.equal(new Set(signers.map((signer) => Buffer.from(signer.getPublicKey(secret)).toString('hex'))).size, 1);
});
