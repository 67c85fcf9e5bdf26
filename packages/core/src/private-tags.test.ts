import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InvalidError, parseMutes } from '@nostrata/protocol';
import { createEventBuilder, createKeys } from '@nostrata/testing';
import { encrypt } from 'nostr-tools/nip04';
import { SignerError } from './errors.ts';
import { readPrivateTags, writePrivateTags } from './private-tags.ts';
import { createKeySigner } from './signers/key-signer.ts';
import { createWorld } from './test-world.ts';

const alice = createEventBuilder('alice');
const bob = createKeys('bob');
const signer = createKeySigner(alice.keys.secret);
const tags = [
  ['p', bob.pubkey],
  ['word', 'spam'],
];

test('private tags are read back by their author, and by nobody else', async () => {
  const content = await writePrivateTags(tags, signer);
  assert.ok(!content.includes(bob.pubkey));
  const event = alice.event({ kind: 10_000, content });
  assert.deepEqual(await readPrivateTags(event, signer), tags);
  await assert.rejects(readPrivateTags(event, createKeySigner(bob.secret)), SignerError);
  const { nip44Encrypt, nip44Decrypt, nip04Decrypt, ...plain } = signer;
  await assert.rejects(readPrivateTags(event, plain), SignerError);
  await assert.rejects(writePrivateTags(tags, plain), SignerError);
});

test('old lists are read too, and what is no encryption has no private part', async () => {
  const content = encrypt(Uint8Array.from(alice.keys.secret), alice.pubkey, JSON.stringify(tags));
  assert.deepEqual(await readPrivateTags(alice.event({ kind: 10_000, content }), signer), tags);
  for (const none of ['', '{"wss://relay.example":{}}']) {
    assert.deepEqual(await readPrivateTags(alice.event({ kind: 10_000, content: none }), signer), []);
  }
  assert.equal(await writePrivateTags([], signer), '');
  const future = alice.event({ kind: 10_000, content: '#something new' });
  await assert.rejects(readPrivateTags(future, signer), SignerError);
  const wrong = await signer.nip44Encrypt(alice.pubkey, '{}');
  await assert.rejects(readPrivateTags(alice.event({ kind: 10_000, content: wrong }), signer), InvalidError);
});

test('a private mute is added to a list without losing its public part', async () => {
  await using world = await createWorld();
  const core = await world.open({ signer });
  await core.edit({ kind: 10_000 }, (draft) => void draft.tags.push(['t', 'noise']));
  const muting = await core.edit({ kind: 10_000 }, async (draft) => {
    const known = await readPrivateTags({ ...draft, kind: 10_000, created_at: 0, pubkey: alice.pubkey }, signer);
    draft.content = await writePrivateTags([...known, ['p', bob.pubkey]], signer);
  });
  const all = [...muting.event.tags, ...(await readPrivateTags(muting.event, signer))];
  assert.deepEqual(parseMutes(all), { pubkeys: [bob.pubkey], hashtags: ['noise'], words: [], threads: [] });
});
