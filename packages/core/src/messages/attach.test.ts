import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createKeys, waitUntil } from '@nostrata/testing';
import { SignerError } from '../errors.ts';
import { createKeySigner } from '../signers/key-signer.ts';
import { createWorld } from '../test-world.ts';

test('two cores talk through inbox relays that want to know who writes and who reads', async () => {
  await using world = await createWorld(3);
  const [outside = '', alices = '', bobs = ''] = world.network.urls;
  const signers = {
    alice: createKeySigner(createKeys('alice').secret),
    bob: createKeySigner(createKeys('bob').secret),
  };
  const alice = await world.open({ relays: [outside], signer: signers.alice });
  const bob = await world.open({ relays: [outside], signer: signers.bob });
  for (const index of [1, 2]) world.network.relay(index).set({ authToRead: true, authToWrite: true });
  for (const [core, inbox] of [
    [alice, alices],
    [bob, bobs],
  ] as const) {
    const list = await core.edit({ kind: 10_050 }, (draft) => void draft.tags.push(['relay', inbox]));
    assert.equal((await list.settled).status, 'delivered');
  }
  const sent = await alice.messages.send({ to: [world.bob.pubkey], content: 'hello bob' });
  for (const publication of sent.publications.values()) assert.equal((await publication.settled).status, 'delivered');
  assert.deepEqual(await bob.messages.listen(), [bobs]);
  const [room] = await bob.messages.rooms();
  assert.equal(room?.last.content, 'hello bob');
  const answer = await bob.messages.send({
    to: [world.alice.pubkey],
    content: 'hello alice',
    replyTo: sent.message.id,
  });
  await alice.messages.listen();
  await waitUntil(async () => {
    const { messages } = await alice.messages.page(room?.id ?? '');
    return messages.some(({ id, replyTo }) => id === answer.message.id && replyTo?.id === sent.message.id);
  });
  assert.equal(world.network.relay(0).events({ kinds: [1059] }).length, 0, 'the public relay saw nothing of it');
  assert.deepEqual(world.failures, []);
});

test('a core without a signer says so', async () => {
  await using world = await createWorld();
  const core = await world.open({ signer: undefined });
  await assert.rejects(core.messages.rooms(), SignerError);
  await assert.rejects(core.messages.send({ to: [world.bob.pubkey], content: 'x' }), SignerError);
});
